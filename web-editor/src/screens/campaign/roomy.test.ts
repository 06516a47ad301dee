import { expect, test } from "vitest";
import type { Scheme } from "../../canvas/logic/document";
import { roomy } from "./roomy";
import { textsNow, textsOf } from "./texts";
import { byDay, factsOf, repliesTo } from "./walk";

const block = (id: string, x: number, y: number) => ({ id, type: "sms", name: "", x, y, config: {} });
const scheme = (gap: number): Scheme => ({
  kind: "cascade",
  name: "",
  nodes: [block("a", 0, 100), block("b", 0, 100 + gap), block("c", 500, 130)],
  links: [
    { id: "1", from: "a", to: "b", type: "status", value: "delivered" },
    { id: "2", from: "a", to: "c", type: "status", value: "clicked" },
  ],
  editor: { notes: [{ id: "n", x: 0, y: 40, width: 10, height: 10, text: "" }] },
});

test("a tight drawing gets room for figures, a roomy one stays as it is", () => {
  const made = roomy(scheme(125));
  expect(made.nodes.map((n) => n.y)).toEqual([200, 450, 260]);
  expect(made.editor?.notes?.[0]?.y).toBe(80);
  const wide = scheme(300);
  expect(roomy(wide)).toBe(wide);
  expect(roomy({ ...wide, links: [] })).toEqual({ ...wide, links: [] });
});

test("texts are those of the last correction", () => {
  const b = { ...block("a", 0, 0), config: { text: "A", button: { text: "B", url: "" }, parameters: ["p", 1] } };
  expect(textsOf(b).map((x) => x.field)).toEqual(["text", "button.text", "parameters.0"]);
  const now = textsNow(b, [
    { node: "a", field: "text", new: "A2" },
    { node: "x", field: "text", new: "other" },
    { node: "a", field: "text", new: "A3" },
  ]);
  expect(now.map((x) => x.text)).toEqual(["A3", "B", "p"]);
});

test("a walk is told by the days of the recipient's zone", () => {
  const lines = [
    { at: "2026-03-27T15:00:00Z", text: "a" },
    { at: "2026-03-27T23:00:00Z", text: "b" },
  ];
  expect(byDay(lines, "Europe/London", "en").map((d) => d.lines.length)).toEqual([2]);
  expect(byDay(lines, "Europe/Moscow", "en").map((d) => d.lines.length)).toEqual([1, 1]);
});

test("facts and replies belong to a message and its attempt", () => {
  const m = { node: "a", attempt: 2, launched_at: "", address: "", text: "" };
  const fact = (fact: string, attempt: number, value?: string, implied?: boolean) => ({
    ...{ node: "a", attempt, fact, value, implied, recorded_at: "" },
  });
  const facts = [
    fact("delivered", 1),
    fact("delivered", 2, undefined, true),
    fact("reply", 2, "да"),
    fact("ivr", 2, "1"),
  ];
  expect(factsOf(m, facts)).toEqual(["reply", "ivr:1"]);
  expect(repliesTo(m, facts)).toEqual(["да"]);
});
