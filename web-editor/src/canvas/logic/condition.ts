// A condition as rows of field, operator and value that all, or any of which, have to hold; and as the expression that it
// stands for. What is written otherwise is no list of rows, and stays an expression.

import { literal, quoted, typed } from "./literal";

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
  /** "contact.name", "contact.tags", "contact.attributes.city" */
  field: string;
  operator: Operator;
  value: string;
}

export interface Rows {
  join: "and" | "or";
  rows: Row[];
}

/** What can be asked of a field of a kind: text, number, boolean, date or tags. */
export function operatorsOf(kind: string): Operator[] {
  switch (kind) {
    case "tags":
      return ["has", "lacks"];
    case "number":
      return ["is", "isNot", "more", "less", "atLeast", "atMost", "set", "unset"];
    case "boolean":
      return ["is", "isNot", "set", "unset"];
    default:
      return ["is", "isNot", "contains", "set", "unset"];
  }
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

function write(r: Row, kind: string): string {
  switch (r.operator) {
    case "has":
      return `${JSON.stringify(r.value)} in ${r.field}`;
    case "lacks":
      return `${JSON.stringify(r.value)} not in ${r.field}`;
    case "set":
      return `${r.field} != nil`;
    case "unset":
      return `${r.field} == nil`;
    default:
      return `${r.field} ${signs[r.operator]} ${literal(r.value, kind)}`;
  }
}

export const writeRows = (c: Rows, kindOf: (field: string) => string): string =>
  c.rows.map((r) => write(r, kindOf(r.field))).join(c.join === "and" ? " && " : " || ");

const field = String.raw`contact\.(?:attributes\.)?[A-Za-z_]\w*`;
const member = new RegExp(`^(${quoted}) (in|not in) (${field})$`);
const compared = new RegExp(
  String.raw`^(${field}) (==|!=|>=|<=|>|<|contains) (${quoted}|-?\d+(?:\.\d+)?|true|false|nil)$`,
);

function readOne(part: string): Row | null {
  const m = member.exec(part);
  if (m) {
    const value = typed(m[1] ?? "");
    return value === null ? null : { field: m[3] ?? "", operator: m[2] === "in" ? "has" : "lacks", value };
  }
  const c = compared.exec(part);
  if (!c) return null;
  const [, name = "", sign = "", raw = ""] = c;
  if (raw === "nil") {
    if (sign !== "==" && sign !== "!=") return null;
    return { field: name, operator: sign === "!=" ? "set" : "unset", value: "" };
  }
  const operator = (Object.keys(signs) as Operator[]).find((o) => signs[o] === sign);
  const value = typed(raw);
  return operator && value !== null ? { field: name, operator, value } : null;
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

/** The rows of an expression; null where it says more than rows can. */
export function readRows(expression: string): Rows | null {
  if (!expression.trim()) return { join: "and", rows: [] };
  const found = split(expression);
  const rows = found?.parts.map(readOne);
  return found && rows?.every((r) => r !== null) ? { join: found.join, rows } : null;
}
