// A repetition as people think of it, and as the five fields of cron say it.

export type Repeat =
  | { every: "day"; time: string }
  | { every: "week"; time: string; days: number[] }
  | { every: "month"; time: string; day: number }
  | { every: "custom"; text: string };

const number = (s: string, from: number, to: number): number | null =>
  /^\d{1,2}$/.test(s) && Number(s) >= from && Number(s) <= to ? Number(s) : null;
const two = (n: number) => String(n).padStart(2, "0");

/** Reads five fields of cron; what is not simply daily, weekly or monthly is custom. */
export function readCron(text: string): Repeat {
  const custom: Repeat = { every: "custom", text };
  const [minute, hour, day, month, weekday, ...more] = text.trim().split(/\s+/);
  if (!minute || !hour || !day || !month || !weekday || more.length || month !== "*") return custom;
  const [m, h] = [number(minute, 0, 59), number(hour, 0, 23)];
  if (m === null || h === null) return custom;
  const time = `${two(h)}:${two(m)}`;
  if (day === "*" && weekday === "*") return { every: "day", time };
  if (weekday === "*") {
    const d = number(day, 1, 31);
    return d === null ? custom : { every: "month", time, day: d };
  }
  if (day !== "*") return custom;
  const days = weekdays(weekday);
  return days ? { every: "week", time, days } : custom;
}

/** Days of the week, 1 to 7 from Monday; cron's Sunday is 0 as well as 7. */
function weekdays(text: string): number[] | null {
  const out = new Set<number>();
  for (const piece of text.split(",")) {
    const range = /^([0-7])(?:-([0-7]))?$/.exec(piece);
    if (!range) return null;
    const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (to < from) return null;
    for (let d = from; d <= to; d++) out.add(d === 0 ? 7 : d);
  }
  return [...out].sort();
}

export function writeCron(r: Repeat): string {
  if (r.every === "custom") return r.text;
  const m = /^(\d{1,2}):(\d{2})$/.exec(r.time);
  const [hour, minute] = [Number(m?.[1] ?? 10), Number(m?.[2] ?? 0)];
  const at = `${minute} ${hour}`;
  switch (r.every) {
    case "day":
      return `${at} * * *`;
    case "week":
      return `${at} * * ${r.days.length ? r.days.join(",") : "*"}`;
    case "month":
      return `${at} ${r.day} * *`;
  }
}
