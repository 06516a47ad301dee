/** Where in a text a mistake is, by line and column as the server counts them, from 1. */
export interface Place {
  line: number;
  column: number;
}

/** The place that a message of the server begins with: "line 2, column 10: ...". */
export function placeIn(message: string): Place | null {
  const m = /(?:line|строка) (\d{1,6}), (?:column|столбец) (\d{1,6})/i.exec(message);
  return m ? { line: Number(m[1]), column: Number(m[2]) } : null;
}

/** The stretch of a text at a place: the word there, or else one sign; never nothing, and never outside. */
export function stretch(text: string, at: Place): { from: number; to: number } {
  const lines = text.split("\n");
  const n = Math.min(Math.max(at.line, 1), lines.length);
  const before = lines.slice(0, n - 1).reduce((sum, l) => sum + l.length + 1, 0);
  // Columns count characters, and a text's places are UTF-16 units.
  const prefix = [...(lines[n - 1] ?? "")].slice(0, at.column - 1).join("").length;
  const from = Math.min(before + prefix, text.length);
  const word = /^[\p{L}\p{N}_]+/u.exec(text.slice(from))?.[0] ?? "";
  const to = Math.min(from + Math.max(word.length, 1), text.length);
  return { from: to > from ? from : Math.max(0, to - 1), to };
}
