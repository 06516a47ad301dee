// Wall-clock times of a zone, as an <input type="datetime-local"> holds them: "2026-06-15T10:00".

function partsIn(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(new Date(at));
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}

/** The wall-clock time of an instant in a zone; empty where there is none. */
export function toWall(instant: string | undefined, zone: string): string {
  const at = instant ? Date.parse(instant) : Number.NaN;
  if (Number.isNaN(at)) return "";
  return new Date(partsIn(at, zone)).toISOString().slice(0, 16);
}

/**
 * The instant of a wall-clock time in a zone. A time that does not exist is the first instant after the gap; one that occurs
 * twice is the first. Undefined where the text is no time.
 */
export function fromWall(wall: string, zone: string): string | undefined {
  const want = Date.parse(`${wall}:00Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(wall) || Number.isNaN(want)) return undefined;
  // What the zone is ahead by around that time: before and after a change of its clocks.
  const day = 86_400_000;
  const ahead = [want - day, want + day].map((at) => partsIn(at, zone) - at);
  const fits = ahead.map((a) => want - a).filter((at) => partsIn(at, zone) === want);
  if (fits.length) return new Date(Math.min(...fits)).toISOString();
  let [low, high] = [want - Math.max(...ahead), want - Math.min(...ahead)];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (partsIn(middle, zone) < want) low = middle;
    else high = middle;
  }
  return new Date(high).toISOString();
}
