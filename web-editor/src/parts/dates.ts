import i18next from "i18next";

/** An instant in the user's zone and language; briefly where it is today. */
export function when(instant: string, zone?: string, now = new Date()): string {
  const at = new Date(instant);
  const format = (o: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(i18next.language, { timeZone: zone, ...o });
  const day = format({ dateStyle: "short" });
  const today = day.format(at) === day.format(now);
  return today
    ? format({ timeStyle: "short" }).format(at)
    : format({ dateStyle: "medium", timeStyle: "short" }).format(at);
}
