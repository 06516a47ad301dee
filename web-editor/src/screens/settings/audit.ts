import { lasting } from "../../canvas/logic/summary";
import type { Say } from "../../canvas/logic/words";
import { fileSize } from "../imports/model";

type Fields = Record<string, unknown>;

/** What the log's codes are in the reader's language: trees of the message catalogue. */
export interface Catalogue {
  what: Fields;
  object: Fields;
  field: Fields;
  /** By field, then by value. */
  value: Fields;
}

/** How words and values are written for the reader. */
export interface Tongue {
  catalogue: Catalogue;
  say: Say;
  number: (n: number) => string;
  moment: (instant: string) => string;
  weekday: (n: number) => string;
}

const isFields = (v: unknown): v is Fields => v !== null && typeof v === "object" && !Array.isArray(v);
const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const isChange = (v: unknown): v is { old?: unknown; new?: unknown } =>
  isFields(v) && Object.keys(v).length > 0 && Object.keys(v).every((k) => k === "old" || k === "new");
// How the program's clock writes that it has no instant.
const never = "0001-01-01T00:00:00Z";
const nothing = (v: unknown) =>
  v === null ||
  v === undefined ||
  v === "" ||
  v === never ||
  (Array.isArray(v) && v.length === 0) ||
  (isFields(v) && Object.keys(v).length === 0);
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const durations = new Set(["pause", "end_after"]);

/** Below these stand names that the account gave, or codes of reasons, and no fields of the program. */
const given = new Set(["attributes", "addresses", "by_reason", "warnings"]);

const at = (tree: unknown, key: string): unknown =>
  isFields(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;
const word = (tree: unknown, key: string): string | undefined => {
  const found = at(tree, key);
  return typeof found === "string" ? found : undefined;
};

/** A field as people call it; one that has no words as it is written, without its underscores. It may stand under another one. */
function fieldName(path: readonly string[], tongue: Tongue, under = ""): string {
  const { field, value } = tongue.catalogue;
  return path
    .map((key, i) => {
      const parent = path[i - 1] ?? under;
      if (given.has(parent)) return word(at(value, parent), key) ?? key;
      return word(field, `${parent}_${key}`) ?? word(field, key) ?? key.replaceAll("_", " ");
    })
    .join(" · ");
}

function shown(v: unknown, field: string, tongue: Tongue): string {
  if (nothing(v)) return "—";
  if (Array.isArray(v)) return v.map((x) => shown(x, field, tongue)).join(", ");
  if (isFields(v)) return linesOf(v, tongue, field).join("; ");
  if (typeof v === "boolean") return tongue.say(v ? "contacts.yes" : "contacts.no");
  if (typeof v === "number") {
    if (field === "days") return tongue.weekday(v);
    return field === "size" ? fileSize(v) : tongue.number(v);
  }
  const text = String(v);
  if (field === "fields") return fieldName(text.split("."), tongue);
  if (instant.test(text)) return tongue.moment(text);
  if (durations.has(field)) return lasting(text, tongue.say);
  return word(at(tongue.catalogue.value, field), text) ?? text;
}

const line = (path: readonly string[], value: string, tongue: Tongue, under = "") =>
  path.length ? `${fieldName(path, tongue, under)}: ${value}` : value;

/** What is other by now, field by field, however deep. */
function between(before: unknown, after: unknown, path: readonly string[], tongue: Tongue): string[] {
  if (same(before, after)) return [];
  if (isFields(before) && isFields(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((k) => between(before[k], after[k], [...path, k], tongue));
  }
  const field = path.at(-1) ?? "";
  return [line(path, `${shown(before, field, tongue)} → ${shown(after, field, tongue)}`, tongue)];
}

// The database gives fields in an order of its own; these people read first, in this order.
const first = ["name", "title", "days", "from", "to"];
const place = (key: string) => (first.includes(key) ? first.indexOf(key) : first.length);

function linesOf(fields: Fields, tongue: Tongue, under = ""): string[] {
  const entries = Object.entries(fields).sort(([a], [b]) => place(a) - place(b));
  return entries.flatMap(([k, v]) => {
    if (isChange(v)) return between(v.old, v.new, [k], tongue);
    return nothing(v) ? [] : [line([k], shown(v, k, tongue), tongue, under)];
  });
}

/** What changed, one line a field: "Role: Marketer → Administrator". `field` is whose values stand there without a name. */
export function changeLines(change: unknown, tongue: Tongue, field = ""): string[] {
  if (nothing(change)) return [];
  if (isChange(change)) return between(change.old, change.new, field ? [field] : [], tongue);
  return isFields(change) ? linesOf(change, tongue) : [shown(change, field, tongue)];
}

const fold = (text: string) => text.normalize("NFC").toLowerCase().replaceAll("ё", "е");
const wordsIn = (text: string) =>
  fold(text)
    .split(/[\s.,;:\-_+()[\]{}<>"'«»/\\@—·|]+/)
    .filter(Boolean);

/** Whether a word of the interface is the one that was typed: it begins with it, or is a form of it ("пауза", "на паузе"). */
function means(label: string, typed: string): boolean {
  if (label.startsWith(typed)) return true;
  if (typed.length < 5) return false;
  const stem = typed.slice(0, Math.max(4, typed.length - 2));
  return label.startsWith(stem) && label.length - stem.length <= 4;
}

/** All codes with their words, the most telling first. */
function labels({ what, object, field, value }: Catalogue): [string, string][] {
  const flat = (tree: Fields, code: (key: string) => string): [string, string][] =>
    Object.entries(tree).flatMap(([k, v]) => (typeof v === "string" ? [[code(k), v] as [string, string]] : []));
  return [
    ...flat(object, (k) => k),
    ...Object.entries(what).flatMap(([o, acts]) => (isFields(acts) ? flat(acts, (k) => `${o}.${k}`) : [])),
    ...flat(field, (k) => k),
    ...Object.values(value).flatMap((values) => (isFields(values) ? flat(values, (k) => k) : [])),
  ];
}

// The program takes so many characters, and so many words.
const most = 4000;
const mostWords = 10;

/**
 * A search as the program takes it: every word as it was typed or, between bars, any of the codes that are called so in the
 * reader's language. "пауза анна" becomes "пауза|campaign.paused анна".
 */
export function searchFor(typed: string, catalogue: Catalogue): string {
  const list = typed.replaceAll("|", " ").trim().split(/\s+/).filter(Boolean).slice(0, mostWords);
  const known = labels(catalogue).map(([code, label]) => ({ code, words: wordsIn(label) }));
  const room = Math.floor(most / list.length) - 1;
  return list
    .map((one) => {
      const parts = wordsIn(one);
      let out = one;
      const taken = new Set<string>();
      if (parts.length === 1 && parts[0] && parts[0].length > 1)
        for (const { code, words } of known) {
          // What begins with a code that is taken is found by that.
          if (taken.has(code) || taken.has(code.split(".")[0] ?? "")) continue;
          if (!words.some((w) => means(w, parts[0] ?? "")) || out.length + code.length + 1 > room) continue;
          taken.add(code);
          out += `|${code}`;
        }
      return out;
    })
    .join(" ");
}
