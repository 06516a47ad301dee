/** A number as a language writes it: 9 500, 9,500. */
export const written = (n: number, language: string): string => new Intl.NumberFormat(language).format(n);

/**
 * What stands in a hole of a text. Numbers are written as the text's language does, save those in a hole named `number`:
 * they are the names of things, such as a version or a line.
 */
export const filled = <T>(value: T, hole: string | undefined, language: string | undefined): T | string =>
  typeof value === "number" && hole !== "number" ? written(value, language ?? "en") : value;

/** What stands between the thousands of a number that is typed. */
export const thousands = (language: string): string =>
  (written(1000, language).replace(/\d/g, "") || " ").replace(/\s/, " ");
