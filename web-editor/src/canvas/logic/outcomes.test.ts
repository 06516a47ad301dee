import { expect, test } from "vitest";
import { empty } from "./document";
import { addBlock, addLink, changeBlock } from "./edit";
import { family, freeOutcomes, type Outcome, orphans, outcomesOf } from "./outcomes";

const sms: Outcome[] = [
  { type: "status", value: "clicked" },
  { type: "status", value: "delivered" },
  { type: "status", value: "not_delivered" },
  { type: "reply", any: true },
  { type: "error", any: true },
];
const voice: Outcome[] = [
  { type: "status", value: "answered" },
  { type: "ivr", any: true },
  { type: "error", any: true },
];

test("what is drawn is not offered again, but for replies and errors", () => {
  let [s, block] = addBlock(empty("cascade", ""), "sms", "", 0, 0);
  s = addBlock(s, "goal", "", 0, 0)[0];
  for (const o of [sms[0], sms[3]])
    s = addLink(s, { from: block.id, to: "goal", type: o?.type ?? "next", value: o?.value })[0];
  expect(freeOutcomes(s, block, sms)).toEqual([sms[1], sms[2], sms[3], sms[4]]);
  expect(freeOutcomes(s, block, sms, s.links[0]?.id)).toEqual(sms);
});

test("a menu's keys, an A/B test's variants and branches follow from the settings", () => {
  const [, call] = addBlock(empty("cascade", ""), "voice", "", 0, 0, {
    ivr: { "1": { action: "record" }, "9": { action: "unsubscribe" } },
  });
  expect(outcomesOf(call, voice)).toEqual([voice[0], voice[2], { type: "ivr", value: "1" }]);
  const [, split] = addBlock(empty("cascade", ""), "split", "", 0, 0, {
    variants: [{ id: "a", weight: 1 }, { id: "b" }, {}, null],
  });
  expect(outcomesOf(split, []).map((o) => o.value)).toEqual(["a", "b"]);
  const [, condition] = addBlock(empty("cascade", ""), "condition", "", 0, 0, { branches: [{ id: "vip" }] });
  expect(outcomesOf(condition, []).map((o) => o.value)).toEqual(["vip", "else"]);
  const [, menu] = addBlock(empty("routing", ""), "menu", "", 0, 0, { options: "nonsense" });
  expect(outcomesOf(menu, []).map((o) => [o.type, o.value])).toEqual([
    ["option", "else"],
    ["timeout", undefined],
  ]);
});

test("links whose outcome went with a setting are found", () => {
  let [s, split] = addBlock(empty("cascade", ""), "split", "", 0, 0, { variants: [{ id: "a" }, { id: "b" }] });
  s = addBlock(s, "goal", "", 0, 0)[0];
  s = addLink(s, { from: split.id, to: "goal", type: "variant", value: "b" })[0];
  expect(orphans(s, split, [])).toEqual([]);
  s = changeBlock(s, split.id, { config: { variants: [{ id: "a" }] } });
  split = s.nodes[0] ?? split;
  expect(orphans(s, split, []).map((l) => l.value)).toEqual(["b"]);
});

test("colours go by the four kinds that marketers know", () => {
  expect((["status", "reply", "ivr", "error", "next", "variant"] as const).map(family)).toEqual([
    "status",
    "reply",
    "ivr",
    "error",
    "plain",
    "plain",
  ]);
});
