// A filter as a list of conditions that all have to hold, and as the text that the API takes.

import { literal, quoted, typed } from "../../canvas/logic/literal";

export type Operator = "is" | "isNot" | "has" | "lacks" | "set" | "unset" | "more" | "less";

export interface Condition {
  /** A field of contacts: tags, name, email, zone, or attributes.<key>. */
  field: string;
  operator: Operator;
  value: string;
}

/** What can be asked of a field. */
export function operatorsOf(field: string, kind = "text"): Operator[] {
  if (field === "tags") return ["has", "lacks"];
  if (kind === "number") return ["is", "isNot", "more", "less", "set", "unset"];
  if (kind === "bool" || kind === "boolean") return ["is", "isNot"];
  return ["is", "isNot", "set", "unset"];
}

// An attribute that a contact lacks is nil; the other fields are empty.
const absent = (field: string) => (field.startsWith("attributes.") ? "nil" : '""');

function write(c: Condition, kind: string): string {
  const v = literal(c.value, kind);
  switch (c.operator) {
    case "has":
      return `${v} in ${c.field}`;
    case "lacks":
      return `${v} not in ${c.field}`;
    case "set":
      return `${c.field} != ${absent(c.field)}`;
    case "unset":
      return `${c.field} == ${absent(c.field)}`;
    case "more":
      return `${c.field} > ${v}`;
    case "less":
      return `${c.field} < ${v}`;
    case "isNot":
      return `${c.field} != ${v}`;
    default:
      return `${c.field} == ${v}`;
  }
}

export const writeFilter = (list: readonly Condition[], kindOf: (field: string) => string = () => "text"): string =>
  list.map((c) => write(c, kindOf(c.field))).join(" && ");

const value = `(${quoted}|-?\\d+(?:\\.\\d+)?|true|false|nil)`;
const member = new RegExp(`^${value} (in|not in) (tags)$`);
const compared = new RegExp(String.raw`^((?:attributes\.)?[A-Za-z_]\w*) (==|!=|>|<) ${value}$`);

function readOne(part: string): Condition | null {
  const m = member.exec(part);
  if (m) {
    const v = typed(m[1] ?? "");
    return v === null ? null : { field: m[3] ?? "", operator: m[2] === "in" ? "has" : "lacks", value: v };
  }
  const c = compared.exec(part);
  if (!c) return null;
  const [, field = "", sign = "", raw = ""] = c;
  if (raw === absent(field) && (sign === "==" || sign === "!="))
    return { field, operator: sign === "!=" ? "set" : "unset", value: "" };
  const v = typed(raw);
  const operators: Record<string, Operator> = { "==": "is", "!=": "isNot", ">": "more", "<": "less" };
  return v === null || raw === "nil" ? null : { field, operator: operators[sign] ?? "is", value: v };
}

/** Splits at && outside of texts. */
function split(filter: string): string[] {
  const out: string[] = [];
  let from = 0;
  for (let i = 0, quoted = false; i < filter.length; i++) {
    if (quoted && filter[i] === "\\") i++;
    else if (filter[i] === '"') quoted = !quoted;
    else if (!quoted && filter.startsWith("&&", i)) {
      out.push(filter.slice(from, i));
      from = i + 2;
    }
  }
  return [...out, filter.slice(from)].map((p) => p.trim());
}

/** The conditions of a filter; null where it says more than a list of them can. */
export function readFilter(filter: string): Condition[] | null {
  if (!filter.trim()) return [];
  const all = split(filter).map(readOne);
  return all.every((c) => c !== null) ? all : null;
}
