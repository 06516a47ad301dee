// The table of `make bench`, in the form in which the program's own bars are printed (engine/store/bench).

/** One figure. Without a bar it is there to read only. */
export interface Line {
  what: string;
  measured: number;
  unit: string;
  atMost?: number;
  note?: string;
}

export function table(setting: string, lines: readonly Line[]): string {
  const head = `${"".padEnd(58)} ${"measured".padStart(12)} ${"".padEnd(9)} ${"bar".padStart(10)}`;
  return ["", setting, "", head, ...lines.map(row), "", ""].join("\n");
}

function row({ what, measured, unit, atMost, note }: Line): string {
  const bar = atMost === undefined ? "" : `<= ${figure(atMost)}`;
  const verdict = atMost === undefined ? "" : measured <= atMost ? "ok" : "MISSED";
  const left = `${what.padEnd(58)} ${figure(measured).padStart(12)} ${unit.padEnd(9)}`;
  return `${left} ${bar.padStart(10)}  ${verdict.padEnd(7)} ${note ?? ""}`.trimEnd();
}

/** Writes a number with three digits that count. */
function figure(v: number): string {
  if (v !== 0 && v < 1) return v.toFixed(3);
  if (v < 10) return v.toFixed(2);
  return v < 100 ? v.toFixed(1) : Math.round(v).toLocaleString("en-GB");
}
