// A condition as rows of field, operator and value that all, or any of which, have to hold, in the two languages that have
// such rows: of schemes and of audiences. What is written otherwise is no list of rows, and stays a text.

import { literal, needsValue, quoted, typed } from "./literal";

export type Operator =
  | "is"
  | "isNot"
  | "contains"
  | "more"
  | "less"
  | "atLeast"
  | "atMost"
  | "set"
  | "unset"
  | "has"
  | "lacks";

export interface Row {
  /** As the language writes it: contact.name, attributes.city */
  field: string;
  operator: Operator;
  value: string;
}

export interface Rows {
  join: "and" | "or";
  rows: Row[];
}

/** What the two languages differ in. */
export interface Dialect {
  /** What a field looks like, and one that is a list, as parts of regular expressions. */
  field: string;
  list: string;
  /** What a field that is not filled is equal to. */
  absent(field: string): string;
}

const signs: Partial<Record<Operator, string>> = {
  is: "==",
  isNot: "!=",
  contains: "contains",
  more: ">",
  less: "<",
  atLeast: ">=",
  atMost: "<=",
};

function write(r: Row, kind: string, d: Dialect): string {
  switch (r.operator) {
    case "has":
      return `${JSON.stringify(r.value)} in ${r.field}`;
    case "lacks":
      return `${JSON.stringify(r.value)} not in ${r.field}`;
    case "set":
      return `${r.field} != ${d.absent(r.field)}`;
    case "unset":
      return `${r.field} == ${d.absent(r.field)}`;
    default:
      return `${r.field} ${signs[r.operator]} ${literal(r.value, kind)}`;
  }
}

export const writeIn = (d: Dialect, c: Rows, kindOf: (field: string) => string): string =>
  c.rows.map((r) => write(r, kindOf(r.field), d)).join(c.join === "and" ? " && " : " || ");

function readOne(part: string, d: Dialect): Row | null {
  const m = new RegExp(`^(${quoted}) (in|not in) (${d.list})$`).exec(part);
  if (m) {
    const value = typed(m[1] ?? "");
    return value === null ? null : { field: m[3] ?? "", operator: m[2] === "in" ? "has" : "lacks", value };
  }
  const value = String.raw`${quoted}|-?\d+(?:\.\d+)?|true|false|nil`;
  const c = new RegExp(`^(${d.field}) (==|!=|>=|<=|>|<|contains) (${value})$`).exec(part);
  if (!c) return null;
  const [, field = "", sign = "", raw = ""] = c;
  if (raw === d.absent(field) && (sign === "==" || sign === "!="))
    return { field, operator: sign === "!=" ? "set" : "unset", value: "" };
  const operator = (Object.keys(signs) as Operator[]).find((o) => signs[o] === sign);
  const v = typed(raw);
  return operator && v !== null && raw !== "nil" ? { field, operator, value: v } : null;
}

/** Splits at a sign outside of texts; null where there is a bracket, which rows have no place for. */
function split(text: string): { join: Rows["join"]; parts: string[] } | null {
  const parts: string[] = [];
  const met = new Set<string>();
  let from = 0;
  for (let i = 0, quoted = false; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === "(" || c === ")")) return null;
    else if (!quoted && (text.startsWith("&&", i) || text.startsWith("||", i))) {
      met.add(text.slice(i, i + 2));
      parts.push(text.slice(from, i));
      from = i + 2;
      i++;
    }
  }
  if (met.size > 1) return null;
  return { join: met.has("||") ? "or" : "and", parts: [...parts, text.slice(from)].map((p) => p.trim()) };
}

/** The rows of a text; null where it says more than rows can. */
export function readIn(d: Dialect, text: string): Rows | null {
  if (!text.trim()) return { join: "and", rows: [] };
  const found = split(text);
  const rows = found?.parts.map((p) => readOne(p, d));
  return found && rows?.every((r) => r !== null) ? { join: found.join, rows } : null;
}

/** Whether a row says something yet, or is still being typed. */
export const whole = (r: Row): boolean => !needsValue(r.operator) || r.value !== "";
