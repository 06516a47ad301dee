// Days and wall-clock times as people type and read them. A wall-clock time is "2026-06-15T10:00", whatever the zone.

const twoDigits = (n: number) => String(n).padStart(2, "0");

function day(year: number, month: number, date: number): string | null {
  const full = year < 100 ? 2000 + year : year;
  const at = new Date(Date.UTC(full, month - 1, date));
  if (full < 1970 || full > 9999 || at.getUTCMonth() !== month - 1 || at.getUTCDate() !== date) return null;
  return `${full}-${twoDigits(month)}-${twoDigits(date)}`;
}

const months = (language: string): string[] =>
  Array.from({ length: 12 }, (_, m) =>
    new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" })
      .format(new Date(Date.UTC(2026, m, 15)))
      .toLowerCase()
      .slice(0, 3),
  );

/** A day as it is written in a language: 15.06.2026, Jun 15, 2026. */
export function writeDay(text: string, language: string): string {
  const [y = "", m = "1", d = ""] = text.split("-");
  if (language === "ru") return `${d}.${m}.${y}`;
  const name = months("en")[Number(m) - 1] ?? "";
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${Number(d)}, ${y}`;
}

/**
 * The day that somebody has typed: 2026-06-15, 15.6.26, 15.06 (of this year), "Jun 15, 2026" or "15 июн 2026". Null where it is
 * none, or not yet.
 */
export function readDay(text: string, language: string, year = new Date().getFullYear()): string | null {
  const typed = text.trim().toLowerCase();
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(typed);
  if (iso) return day(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const dots = /^(\d{1,2})[./](\d{1,2})(?:[./](\d{2}|\d{4}))?\.?$/.exec(typed);
  // With slashes English has the month first; dots are read as they are everywhere.
  if (dots) {
    const [a, b] = [Number(dots[1]), Number(dots[2])];
    const swapped = typed.includes("/") && language !== "ru";
    return day(Number(dots[3] ?? year), swapped ? a : b, swapped ? b : a);
  }
  const words = /^(?:(\d{1,2})\s+)?(\p{L}{3,})\.?\s*(?:(\d{1,2})(?!\d))?,?\s*(\d{4})?$/u.exec(typed);
  const month = words?.[2] ? months(language).indexOf(words[2].slice(0, 3)) + 1 : 0;
  const date = words?.[1] ?? words?.[3];
  return words && month && date ? day(Number(words[4] ?? year), month, Number(date)) : null;
}

/** A day and a time together; empty where there is no day. */
export const joinWall = (date: string | null, time: string): string => (date && time ? `${date}T${time}` : "");
