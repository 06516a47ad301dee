import type { Block, Scheme } from "../canvas/logic/document";
import { seconds, write } from "../canvas/logic/duration";
import { type Outcome, outcomesOf } from "../canvas/logic/outcomes";

// A walk that is tried by hand. All rules are the engine's: the simulator walks the whole way, as if nothing more happened,
// and the hour of the trial cuts what has not come yet off.

/** Whom a scheme is tried on. */
export interface Person {
  name: string;
  phone: string;
  email: string;
  zone: string;
  tags: string[];
  attributes: Record<string, unknown>;
}

/** What happened to a message, as the simulator's script has it. */
export interface Happening {
  node: string;
  after: string;
  attempt?: number;
  type: "status" | "reply" | "ivr" | "error";
  value: string;
}

/** Where and on whom a trial begins. */
export interface Setting {
  start: string;
  person: Person;
  /** The sender's zone. */
  zone: string;
  window?: unknown;
  ordinal: number;
}

export interface Step {
  node: string;
  entered_at: string;
  sent_at?: string;
  decided_at: string;
  link?: string;
  reason: string;
}

export interface Walk {
  outcome: string;
  goals: string[];
  ended_at: string;
  steps: Step[];
  late: Happening[];
  unused: Happening[];
}

/** A trial: what happened so far, and what time it is in it, in milliseconds. */
export interface Trial {
  events: Happening[];
  now: number;
}

export interface Script {
  start: string;
  campaign: { zone?: string; window?: unknown };
  recipient: { ordinal?: number; zone?: string; contact: Partial<Person> };
  events: Happening[];
}

const given = (v: unknown): boolean =>
  v !== "" && !(Array.isArray(v) && !v.length) && !(typeof v === "object" && v !== null && !Object.keys(v).length);

/** The script of a trial, as the simulator takes it. */
export function scriptOf(s: Setting, events: readonly Happening[]): Script {
  const { zone, ...contact } = s.person;
  const known = Object.entries(contact).filter(([, v]) => given(v));
  return {
    start: s.start,
    campaign: { ...(s.zone && { zone: s.zone }), ...(s.window !== undefined && { window: s.window }) },
    recipient: {
      ...(s.ordinal > 0 && { ordinal: s.ordinal }),
      ...(zone && { zone }),
      contact: Object.fromEntries(known),
    },
    events: [...events],
  };
}

/** The setting of a script that was kept. */
export function settingOf(s: Script, zone: string): Setting {
  const contact = s.recipient?.contact ?? {};
  return {
    start: s.start,
    zone: s.campaign?.zone ?? zone,
    window: s.campaign?.window,
    ordinal: s.recipient?.ordinal ?? 0,
    person: {
      name: contact.name ?? "",
      phone: contact.phone ?? "",
      email: contact.email ?? "",
      zone: s.recipient?.zone ?? contact.zone ?? "",
      tags: contact.tags ?? [],
      attributes: contact.attributes ?? {},
    },
  };
}

/** The part of a walk that has come true by an hour: the steps that were decided, and the one that waits. */
export function upTo(w: Walk, now: number): { done: Step[]; present: Step | null } {
  const at = w.steps.findIndex((s) => Date.parse(s.decided_at) > now);
  return at < 0 ? { done: w.steps, present: null } : { done: w.steps.slice(0, at), present: w.steps[at] ?? null };
}

const lapse = (after: string) => (seconds(after) ?? 0) * 1000;
const failed = (events: readonly Happening[], node: string) =>
  events.filter((e) => e.node === node && e.value === "no_answer").map((e) => lapse(e.after));

function redial(b: Block | undefined): { attempts: number; interval: number } {
  const r = b?.config.redial as { attempts?: unknown; interval?: unknown } | undefined;
  const interval = typeof r?.interval === "string" ? lapse(r.interval) : 0;
  return { attempts: typeof r?.attempts === "number" ? r.attempts : 1, interval };
}

/** When a message, or the call's attempt that is on, was launched, and which attempt it is. */
export function launchOf(step: Step, block: Block | undefined, events: readonly Happening[]) {
  if (!step.sent_at) return null;
  const { attempts, interval } = redial(block);
  const before = failed(events, step.node).slice(0, attempts - 1);
  const at = before.reduce((sum, after) => sum + after + interval, Date.parse(step.sent_at));
  return { at, attempt: before.length + 1, last: before.length + 1 >= attempts };
}

/** The next instant at which something happens by itself; null where nothing will. */
export function nextInstant(w: Walk, now: number, s: Scheme, events: readonly Happening[]): number | null {
  const { present } = upTo(w, now);
  if (!present) return null;
  const launch = launchOf(
    present,
    s.nodes.find((n) => n.id === present.node),
    events,
  );
  const all = [present.sent_at && Date.parse(present.sent_at), launch?.at, Date.parse(present.decided_at)];
  const ahead = all.filter((t): t is number => typeof t === "number" && t > now);
  return ahead.length ? Math.min(...ahead) : null;
}

const final = new Set(["not_delivered", "no_answer", "answered", "spam", "unsubscribed"]);
const arrived = new Set(["delivered", "viewed", "clicked", "reply"]);
// A later fact says the earlier ones as well.
const implies: Record<string, readonly string[]> = { clicked: ["viewed"], reply: ["viewed"] };

/** What may still happen to a message, given what has (the contract, section 3, rule 4). */
export function possible(
  block: Block,
  fixed: readonly Outcome[],
  events: readonly Happening[],
  last = true,
): Outcome[] {
  const mine = events.filter((e) => e.node === block.id);
  const facts = new Set(mine.map((e) => (e.type === "status" ? e.value : e.type)));
  const any = (of: ReadonlySet<string>) => [...facts].some((f) => of.has(f));
  const over = facts.has("error") || [...facts].some((f) => final.has(f) && (f !== "no_answer" || last));
  const menu = Object.keys((block.config.ivr ?? {}) as object).map((value): Outcome => ({ type: "ivr", value }));
  const all = outcomesOf(block, fixed).filter((o) => o.type !== "ivr");
  return [...all, ...menu].filter((o) => {
    if (o.type === "status" && o.value === "unsubscribed") return !facts.has("unsubscribed");
    if (over) return false;
    if (o.type === "error") return !any(arrived) && !facts.has("ivr");
    if (o.value === "not_delivered") return !any(arrived);
    if (o.value === "no_answer") return !facts.has("ivr");
    if (o.value === "delivered") return !any(arrived);
    if (o.type !== "status") return true;
    return !facts.has(o.value ?? "") && ![...facts].some((f) => implies[f]?.includes(o.value ?? ""));
  });
}

/** What happens now to a message that was launched. */
export function happening(
  step: Step,
  block: Block | undefined,
  events: readonly Happening[],
  now: number,
  what: Pick<Happening, "type" | "value">,
): Happening | null {
  const launch = launchOf(step, block, events);
  if (!launch) return null;
  const after = write((now - launch.at) / 1000);
  return { node: step.node, after, ...(launch.attempt > 1 && { attempt: launch.attempt }), ...what };
}

/** What two results say differently, by the number of their lines. */
export function unlike(expected: readonly string[], got: readonly string[]): number[] {
  const length = Math.max(expected.length, got.length);
  return Array.from({ length }, (_, i) => i).filter((i) => expected[i] !== got[i]);
}

export const asWalk = (v: unknown): Walk | null => {
  const w = v as Walk | null;
  return w && typeof w === "object" && Array.isArray(w.steps) && typeof w.outcome === "string"
    ? { ...w, goals: w.goals ?? [], late: w.late ?? [], unused: w.unused ?? [] }
    : null;
};
