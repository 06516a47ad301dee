// A condition on a contact in a scheme, as rows and as the expression that they stand for.

import { type Dialect, type Operator, type Rows, readIn, writeIn } from "./rows";

export type { Operator, Row, Rows } from "./rows";

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

const field = String.raw`contact\.(?:attributes\.)?[A-Za-z_]\w*`;
const dialect: Dialect = { field, list: field, absent: () => "nil" };

export const writeRows = (c: Rows, kindOf: (field: string) => string): string => writeIn(dialect, c, kindOf);

/** The rows of an expression; null where it says more than rows can. */
export const readRows = (expression: string): Rows | null => readIn(dialect, expression);
