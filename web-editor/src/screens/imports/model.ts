import i18next from "i18next";
import type { components } from "../../api/schema";

export type Import = components["schemas"]["Import"];
export type Settings = components["schemas"]["ImportSettings"];
export type Column = components["schemas"]["Column"];
export type ImportChange = components["schemas"]["ImportChange"];
export type Kind = Import["kind"];

export const importsKey = ["imports"] as const;
export const importKey = (id: string) => [...importsKey, "one", id] as const;

export const kinds = ["contacts", "stop_list", "members"] as const;
export const kindOf = (v: string | null): Kind => kinds.find((k) => k === v) ?? "contacts";

/** What files of each kind may have besides what is skipped. */
export const fieldsOf: Record<Kind, readonly Column["field"][]> = {
  contacts: ["phone", "name", "email", "zone", "tags"],
  stop_list: ["phone", "channel", "reason"],
  members: ["phone", "email", "id"],
};

/** What a column holds, as one word: "skip", "phone", "address:vk", "attribute:city". */
export function slotOf(c: Column | undefined): string {
  if (!c) return "skip";
  return c.field === "address" || c.field === "attribute" ? `${c.field}:${c.key ?? ""}` : c.field;
}

export const freshAttribute = "attribute:";

/** A name for the attribute of a column that nobody has named: Latin letters of its header, or its number. */
export function keyFor(header: string, index: number): string {
  const latin = header
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_\d]+|_+$/g, "");
  return (latin || `column_${index + 1}`).slice(0, 64);
}

/** The columns with one of them made into something else. What another column is already leaves that one. */
export function putColumn(
  columns: readonly Column[],
  width: number,
  index: number,
  slot: string,
  header: string[],
): Column[] {
  const all = Array.from({ length: width }, (_, i) => columns[i] ?? { field: "skip" as const });
  return all.map((c, i) => {
    if (i !== index) return slot !== "skip" && slot !== freshAttribute && slotOf(c) === slot ? { field: "skip" } : c;
    const [field = "skip", key] = slot.split(":");
    if (key === undefined) return { field: field as Column["field"] };
    if (field === "address") return { field: "address", key };
    return { field: "attribute", key: key || keyFor(header[i] ?? "", i), kind: "text" };
  });
}

/** The message of a column: "columns[3].key" and "columns[3]" are about the fourth. */
export const columnError = (errors: Record<string, string>, index: number): string | undefined =>
  Object.entries(errors).find(([k]) => k === `columns[${index}]` || k.startsWith(`columns[${index}].`))?.[1];

/** How large a file is, for people. */
export function fileSize(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let n = bytes;
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(i18next.language, {
    style: "unit",
    unit: units[unit],
    unitDisplay: "short",
    maximumFractionDigits: n < 10 && unit > 0 ? 1 : 0,
  }).format(n);
}

export interface Result {
  rows: number;
  added: number;
  merged: number;
  kept: number;
  doubles: number;
  refused: number;
  skipped: number;
  by_reason: Record<string, number>;
  warnings: Record<string, number>;
}
const counts = ["rows", "added", "merged", "kept", "doubles", "refused", "skipped"] as const;

/** What came of an import, from its task; null where the task says nothing. */
export function resultOf(raw: unknown): Result | null {
  if (typeof raw !== "object" || raw === null) return null;
  const of = raw as Record<string, unknown>;
  const some = (v: unknown) => (typeof v === "object" && v !== null ? (v as Record<string, number>) : {});
  return {
    ...(Object.fromEntries(counts.map((k) => [k, Number(of[k] ?? 0)])) as Record<(typeof counts)[number], number>),
    by_reason: some(of.by_reason),
    warnings: some(of.warnings),
  };
}
