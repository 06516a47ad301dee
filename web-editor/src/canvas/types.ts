import type { Outcome } from "./logic/outcomes";

/** A text in both languages, as the list of block types gives it. */
export interface Words {
  ru: string;
  en: string;
}

/** A setting of a block, from which its form is drawn. */
export interface Field {
  name: string;
  kind:
    | "text"
    | "template"
    | "expression"
    | "condition"
    | "number"
    | "boolean"
    | "choice"
    | "duration"
    | "clock"
    | "days"
    | "zone"
    | "date"
    | "window"
    | "audio"
    | "picture"
    | "object";
  in?: "list" | "map";
  label: Words;
  required?: boolean;
  multiline?: boolean;
  default?: string;
  min?: string;
  max?: string;
  choices?: { value: string; label: Words }[];
  fields?: Field[];
  when?: { field: string; values: string[] };
  one_of?: string;
}

export interface BlockType {
  type: string;
  label: Words;
  cascade: boolean;
  routing: boolean;
  fields: Field[];
  outcomes: Outcome[];
}

/** What was found wrong with a scheme, with words in the reader's language. */
export interface Finding {
  severity: "error" | "warning";
  code: string;
  node?: string;
  link?: string;
  nodes?: string[] | null;
  field?: string;
  value?: string;
  message: string;
}

/** A finding in words: with the outcome or value that it is about, and as a sentence. */
export function inWords(f: Finding): string {
  const text = f.code === "unlinked_outcome" && f.value ? `${f.value}: ${f.message}` : f.message;
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
