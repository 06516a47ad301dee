// Values as expressions write them.

/** A text in quotes, as a part of a regular expression. */
export const quoted = String.raw`"(?:[^"\\]|\\.)*"`;

const numeral = /^-?\d+(?:\.\d+)?$/;

/** What was typed, as an expression writes a value of that kind. */
export function literal(value: string, kind: string): string {
  const v = value.trim();
  if (kind === "number" && numeral.test(v)) return v;
  if ((kind === "boolean" || kind === "bool") && (v === "true" || v === "false")) return v;
  return JSON.stringify(value);
}

/** What somebody would type for a value that an expression has; null where its quotes hold no text. */
export function typed(v: string): string | null {
  if (!v.startsWith('"')) return v;
  try {
    return JSON.parse(v) as string;
  } catch {
    return null;
  }
}

/** Whether a comparison wants a value: what is only there or not wants none. */
export const needsValue = (operator: string): boolean => operator !== "set" && operator !== "unset";
