import type { components } from "../../api/schema";

export type Terms = components["schemas"]["Terms"];
export type Change = components["schemas"]["ChangeCampaign"];
type Key = keyof Terms & keyof Change;

/** The terms that the form changes, in the order in which they stand there. */
export const keys: Key[] = [
  "name",
  "version",
  "kind",
  "audience",
  "entry",
  "start",
  "zone",
  "window",
  "unknown_zones",
  "end",
  "end_after",
  "smooth",
  "rate",
  "tags",
  "advertising",
];

/** The terms alone of a campaign. */
export function termsIn(c: Terms): Terms {
  const out: Partial<Record<Key, unknown>> = {};
  for (const k of keys) if (c[k] !== undefined) out[k] = c[k];
  return out as unknown as Terms;
}

const blank = (v: unknown) =>
  v === undefined ||
  v === null ||
  v === "" ||
  v === false ||
  (Array.isArray(v) && v.length === 0) ||
  (typeof v === "object" && Object.keys(v).length === 0);
const same = (a: unknown, b: unknown) => (blank(a) && blank(b)) || JSON.stringify(a) === JSON.stringify(b);

/** What has to be saved to make `now` of `saved`: changed fields whole, cleared ones null. Null: nothing. */
export function changeOf(saved: Terms, now: Terms): Change | null {
  const out: Record<string, unknown> = {};
  for (const k of keys) if (!same(saved[k], now[k])) out[k] = blank(now[k]) ? cleared(k) : now[k];
  return Object.keys(out).length ? (out as Change) : null;
}

// Clearing an audience means all contacts; other fields have null for none.
const cleared = (k: Key): unknown => (k === "audience" ? {} : k === "tags" ? [] : k === "name" ? "" : null);

/** The part of a change that nobody complained of; null: nothing is left. `wrong` names places: "start.cron". */
export function withoutWrong(change: Change, wrong: readonly string[]): Change | null {
  const bad = new Set(wrong.map((place) => place.split(/[.[]/)[0]));
  // Some fields only make sense together.
  for (const group of [
    ["start", "end", "end_after", "smooth"],
    ["kind", "entry", "audience", "start", "smooth"],
  ])
    if (group.some((k) => bad.has(k))) for (const k of group) bad.add(k);
  const rest = Object.fromEntries(Object.entries(change).filter(([k]) => !bad.has(k)));
  return Object.keys(rest).length ? (rest as Change) : null;
}

/** The message at a place of the form, those within it included. */
export function wrongAt(errors: Readonly<Record<string, string>>, place: string): string | undefined {
  if (errors[place]) return errors[place];
  const within = Object.keys(errors).find((k) => k.startsWith(`${place}.`) || k.startsWith(`${place}[`));
  return within ? errors[within] : undefined;
}

/** What changes with a kind of start: terms that the other kinds do not have are dropped. */
export function withStart(t: Terms, start: NonNullable<Terms["start"]>): Terms {
  const next: Terms = { ...t, start };
  if (start.when === "cron") {
    delete next.end;
    if (!next.end_after) delete next.smooth;
  } else {
    delete next.end_after;
    if (!next.end) delete next.smooth;
  }
  return next;
}

/** What changes with the kind: an open campaign has no list and begins at once or at an instant. */
export function withKind(t: Terms, kind: "closed" | "open"): Terms {
  if (kind === "closed") {
    const { entry: _, ...rest } = t;
    return { ...rest, kind };
  }
  const { audience: _, smooth: __, ...rest } = t;
  const start = rest.start?.when === "at" ? rest.start : { when: "now" as const };
  return withStart({ ...rest, kind, entry: rest.entry ?? { again: "never" } }, start);
}
