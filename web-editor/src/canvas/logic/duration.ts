// Durations as the contract writes them: a sum of units, each at most once and in this order.

const units = [
  ["w", 7 * 86400],
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

export type Unit = (typeof units)[number][0];

/** Seconds, or null where the text is no duration. A day counts as 24 hours. */
export function seconds(text: string): number | null {
  const m = /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/.exec(text.trim());
  if (!m || !text.trim()) return null;
  return units.reduce((sum, [, worth], i) => sum + Number(m[i + 1] ?? 0) * worth, 0);
}

/** The shortest way to write so many seconds. */
export function write(total: number): string {
  let left = Math.max(0, Math.round(total));
  let out = "";
  for (const [name, worth] of units) {
    const n = Math.floor(left / worth);
    if (n) out += `${n}${name}`;
    left -= n * worth;
  }
  return out || "0s";
}

/** A duration as a number of its largest whole unit, as a form shows it. */
export function parts(text: string): { amount: number; unit: Unit } | null {
  const total = seconds(text);
  if (total === null) return null;
  const fit = units.find(([, worth]) => total % worth === 0 && total >= worth);
  return fit ? { amount: total / fit[1], unit: fit[0] } : { amount: total, unit: "s" };
}
