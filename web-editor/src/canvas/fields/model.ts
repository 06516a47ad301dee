import { createContext, useContext } from "react";
import type { Field } from "../types";

/** What the fields of one form share: what was found wrong, by the place in the settings ("/text", "/button/url"). */
export interface Form {
  type: string;
  wrong: ReadonlyMap<string, string>;
  readOnly: boolean;
}

const Context = createContext<Form>({ type: "", wrong: new Map(), readOnly: false });
export const FormProvider = Context.Provider;
export const useForm = () => useContext(Context);

export interface FieldProps<T = unknown> {
  field: Field;
  /** JSON pointer from the block's settings. */
  at: string;
  value: T | undefined;
  set: (v: T | undefined) => void;
}

export type Values = Record<string, unknown>;
export const asObject = (v: unknown): Values => (v && typeof v === "object" && !Array.isArray(v) ? (v as Values) : {});
export const asList = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);

/** Whether a field has a meaning, by what its neighbours hold. */
export function shown(field: Field, fields: readonly Field[], values: Values): boolean {
  if (!field.when) return true;
  const other = fields.find((f) => f.name === field.when?.field);
  const value = values[field.when.field] ?? other?.default ?? "";
  return field.when.values.includes(String(value));
}

/** Sets one value; what is empty is left out of the document. */
export function withValue(values: Values, name: string, v: unknown): Values {
  const { [name]: _, ...rest } = values;
  const empty = v === undefined || v === "" || (Array.isArray(v) && v.length === 0);
  return empty ? rest : { ...values, [name]: v };
}

/** A value that a new item of a list begins with: an id that is free, where it has one. */
export function freshItem(field: Field, items: readonly unknown[]): unknown {
  if (field.kind !== "object") return field.kind === "number" ? 0 : "";
  const taken = new Set(items.map((i) => asObject(i).id));
  const out: Values = {};
  if (field.fields?.some((f) => f.name === "id")) {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    out.id = [...letters].find((c) => !taken.has(c)) ?? `v${items.length + 1}`;
  }
  for (const f of field.fields ?? [])
    if (f.kind === "number" && f.required && !f.in) out[f.name] = Number(f.min ?? f.default ?? 1);
  return out;
}

/** The part of a finding's place that lies in the settings of the n-th block; null where it lies elsewhere. */
export function inConfig(pointer: string | undefined, n: number): string | null {
  const prefix = `/nodes/${n}/config`;
  return pointer?.startsWith(prefix) ? pointer.slice(prefix.length) : null;
}
