import fc from "fast-check";
import { expect, test } from "vitest";
import { type Block, empty, type Scheme } from "../canvas/logic/document";
import { addBlock, addLink } from "../canvas/logic/edit";
import type { Outcome } from "../canvas/logic/outcomes";
import {
  asWalk,
  type Happening,
  happening,
  launchOf,
  nextInstant,
  possible,
  type Step,
  scriptOf,
  settingOf,
  unlike,
  upTo,
  type Walk,
} from "./walk";
import { decision, lines, why } from "./words";

const hour = 3_600_000;
const t0 = Date.parse("2026-06-15T07:00:00Z");
const iso = (ms: number) => new Date(ms).toISOString().replace(".000", "");
const step = (node: string, from: number, sent: number | null, until: number, reason = "x", link?: string): Step => ({
  node,
  entered_at: iso(t0 + from * hour),
  ...(sent !== null && { sent_at: iso(t0 + sent * hour) }),
  decided_at: iso(t0 + until * hour),
  reason,
  link,
});
const walk: Walk = {
  outcome: "goal",
  goals: ["goal"],
  ended_at: iso(t0 + 5 * hour),
  steps: [
    step("viber", 0, 1, 3, "timeout", "n"),
    step("sms", 3, 3, 5, "clicked", "c"),
    step("goal", 5, null, 5, "goal"),
  ],
  late: [],
  unused: [],
};
const viber: Outcome[] = ["spam", "unsubscribed", "clicked", "viewed", "delivered", "not_delivered"].map((value) => ({
  type: "status",
  value,
}));
viber.push({ type: "reply", any: true }, { type: "error", value: "no_funds" });
const calls: Outcome[] = ["unsubscribed", "answered", "no_answer"].map((value) => ({ type: "status", value }));

function scheme(): Scheme {
  let s = empty("cascade", "");
  for (const type of ["viber", "sms", "goal"]) s = addBlock(s, type, "", 0, 0)[0];
  s = addLink(s, { from: "viber", to: "sms", type: "status", value: "not_delivered" })[0];
  s = addLink(s, { from: "sms", to: "goal", type: "status", value: "clicked" })[0];
  s.links = s.links.map((l) => ({ ...l, id: l.from === "viber" ? "n" : "c" }));
  return s;
}
const block = (type: string, config: Block["config"] = {}): Block => ({ id: type, type, name: "", x: 0, y: 0, config });
const fact = (value: string, after = "0s", node = "viber"): Happening => ({ node, after, type: "status", value });
const values = (o: Outcome[]) => o.map((x) => x.value ?? x.type);

test("the walk is seen up to the hour of the trial, and time stops at each instant of its own", () => {
  const s = scheme();
  const seen: [number, string | undefined][] = [];
  for (let now: number | null = t0; now !== null; now = nextInstant(walk, now, s, []))
    seen.push([(now - t0) / hour, upTo(walk, now).present?.node]);
  expect(seen).toEqual([
    [0, "viber"],
    [1, "viber"],
    [3, "sms"],
    [5, undefined],
  ]);
  expect(upTo(walk, t0 + 5 * hour).done).toHaveLength(3);
});

test("what happens is counted from the launch of its message, in a call of its attempt", () => {
  const [first] = walk.steps;
  if (!first) throw new Error("no step");
  expect(happening(first, undefined, [], t0 + 1.5 * hour, { type: "status", value: "viewed" })).toEqual(
    fact("viewed", "30m"),
  );
  expect(
    happening({ ...first, sent_at: undefined }, undefined, [], t0, { type: "status", value: "viewed" }),
  ).toBeNull();
  const call = block("viber", { redial: { attempts: 2, interval: "10m" } });
  const missed = [fact("no_answer", "5m")];
  expect(launchOf(first, call, missed)).toEqual({ at: t0 + 1.25 * hour, attempt: 2, last: true });
  expect(happening(first, call, missed, t0 + 1.25 * hour, { type: "status", value: "answered" })).toEqual({
    ...fact("answered", "0s"),
    attempt: 2,
  });
});

test("only what can still come true is offered", () => {
  const b = block("viber");
  expect(values(possible(b, viber, []))).toEqual([...values(viber)]);
  expect(values(possible(b, viber, [fact("delivered")]))).toEqual([
    "spam",
    "unsubscribed",
    "clicked",
    "viewed",
    "reply",
  ]);
  expect(values(possible(b, viber, [fact("clicked")]))).toEqual(["spam", "unsubscribed", "reply"]);
  expect(values(possible(b, viber, [fact("not_delivered")]))).toEqual(["unsubscribed"]);
  expect(values(possible(b, viber, [{ node: "viber", after: "0s", type: "error", value: "no_funds" }]))).toEqual([
    "unsubscribed",
  ]);
  expect(values(possible(b, viber, [fact("delivered", "0s", "another")]))).toEqual(values(viber));
  const v = block("voice", { ivr: { "1": { action: "record" }, "9": { action: "unsubscribe" } } });
  const key: Happening = { node: "voice", after: "0s", type: "ivr", value: "1" };
  expect(values(possible(v, calls, []))).toEqual(["unsubscribed", "answered", "no_answer", "1", "9"]);
  expect(values(possible(v, calls, [key]))).toEqual(["unsubscribed", "answered", "1", "9"]);
  expect(values(possible(v, calls, [fact("no_answer", "0s", "voice")], false))).toContain("answered");
  expect(values(possible(v, calls, [fact("no_answer", "0s", "voice")]))).toEqual(["unsubscribed"]);
});

test("a script keeps all of a setting, and leaves out what is empty", () => {
  const bare = { name: "", phone: "", email: "", zone: "", tags: [], attributes: {} };
  expect(scriptOf({ start: iso(t0), person: bare, zone: "", ordinal: 0 }, [])).toEqual({
    start: iso(t0),
    campaign: {},
    recipient: { contact: {} },
    events: [],
  });
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), fc.array(fc.string()), (name, phone, ordinal, tags) => {
      const person = { ...bare, name, phone, tags, zone: "Asia/Omsk", attributes: { city: "Омск" } };
      const setting = { start: iso(t0), person, zone: "Europe/Moscow", window: undefined, ordinal };
      expect(settingOf(scriptOf(setting, []), "")).toEqual(setting);
    }),
  );
});

test("a walk is told in words", () => {
  const say = (key: string, values?: Record<string, unknown>) =>
    `${key}${values && !("defaultValue" in values) ? `(${Object.values(values).join("; ")})` : ""}`;
  const s = scheme();
  expect(lines(s, walk, (t) => t, say, "Europe/Moscow")).toEqual([
    "viber: canvas.status.not_delivered (6/15/26, 1:00:00 PM)",
    "sms: canvas.status.clicked (6/15/26, 3:00:00 PM)",
    "goal: tryit.reason.goal (6/15/26, 3:00:00 PM)",
    "tryit.ended(tryit.outcome.goal)",
  ]);
  const [first, second, third] = walk.steps as [Step, Step, Step];
  expect(why(s, first, say)).toBe("tryit.why.timeout(canvas.lasts.h(1))");
  expect(why(s, second, say)).toBe("canvas.when.atOnce(canvas.status.clicked)");
  expect(why(s, third, say)).toBe("tryit.why.goal");
  expect(why(s, { ...first, reason: "error:no_funds" }, say)).toBe(
    "tryit.why.errorFalls(canvas.link.error(canvas.reason.no_funds))",
  );
  expect(why(s, { ...first, reason: "error:no_funds", link: undefined }, say)).toContain("errorEnds");
  expect(decision(s, { ...first, reason: "ivr:2", link: undefined }, say)).toBe("canvas.link.ivr(2)");
});

test("two results are told apart line by line, and only a result is one", () => {
  expect(unlike(["a", "b"], ["a", "c", "d"])).toEqual([1, 2]);
  expect(unlike(["a"], ["a"])).toEqual([]);
  expect(asWalk(null)).toBeNull();
  expect(asWalk({ steps: 1 })).toBeNull();
  expect(asWalk({ outcome: "goal", steps: [], goals: null, ended_at: "" })?.goals).toEqual([]);
});
