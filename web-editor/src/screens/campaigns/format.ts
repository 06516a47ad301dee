import i18next from "i18next";
import { written } from "../../parts/numbers";

/** A whole number as the reader writes it. */
export const number = (n: number): string => written(n, i18next.language);

/** A share of one in percent; small shares keep a digit after the point. */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return new Intl.NumberFormat(i18next.language, { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** An instant with its day, in a zone. */
export const moment = (instant: string, zone?: string, seconds = false): string =>
  new Intl.DateTimeFormat(i18next.language, {
    timeZone: zone,
    dateStyle: "medium",
    timeStyle: seconds ? "medium" : "short",
  }).format(new Date(instant));

/** A zone with what its clocks are ahead by, "Europe/Moscow (GMT+3)". */
export function zoneName(zone: string, at = new Date()): string {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at);
    const offset = parts.find((p) => p.type === "timeZoneName")?.value;
    return offset ? `${zone} (${offset})` : zone;
  } catch {
    return zone;
  }
}
