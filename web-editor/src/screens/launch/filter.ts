// A filter as a list of conditions that all have to hold, and as the text that the API takes.

import { type Dialect, type Operator, type Row, readIn, writeIn } from "../../canvas/logic/rows";

const offered = ["is", "isNot", "has", "lacks", "set", "unset", "more", "less"] as const satisfies readonly Operator[];

/** What can be asked of a field: tags, name, email, zone, or attributes.<key>. */
export function operatorsOf(field: string, kind = "text"): Operator[] {
  if (field === "tags") return ["has", "lacks"];
  if (kind === "number") return ["is", "isNot", "more", "less", "set", "unset"];
  if (kind === "bool" || kind === "boolean") return ["is", "isNot"];
  return ["is", "isNot", "set", "unset"];
}

const dialect: Dialect = {
  field: String.raw`(?:attributes\.)?[A-Za-z_]\w*`,
  list: "tags",
  // An attribute that a contact lacks is nil; the other fields are empty.
  absent: (field) => (field.startsWith("attributes.") ? "nil" : '""'),
};

export const writeFilter = (list: readonly Row[], kindOf: (field: string) => string = () => "text"): string =>
  writeIn(dialect, { join: "and", rows: [...list] }, kindOf);

/** The conditions of a filter; null where it says more than a list of them can. */
export function readFilter(filter: string): Row[] | null {
  const found = readIn(dialect, filter);
  return found?.join === "and" && found.rows.every((r) => offered.some((o) => o === r.operator)) ? found.rows : null;
}
