import { expect, test } from "vitest";
import { empty, type Scheme } from "../canvas/logic/document";
import { addBlock, addLink, changeBlock, move, nothing, remove } from "../canvas/logic/edit";
import type { Field } from "../canvas/types";
import { type Difference, inTime, merged, settingName, valuesOf, withoutMoves } from "./merged";

const parts = () => ({ added: [], removed: [], changed: [], reordered: false });
const difference = (nodes: object, links: object = {}): Difference =>
  ({ same: false, fields: [], nodes: { ...parts(), ...nodes }, links: { ...parts(), ...links } }) as Difference;

function before(): Scheme {
  let s = empty("cascade", "");
  for (const type of ["viber", "sms", "goal"]) s = addBlock(s, type, "", 0, 0)[0];
  s = addLink(s, { from: "viber", to: "sms", type: "status", value: "not_delivered" })[0];
  return addLink(s, { from: "viber", to: "goal", type: "status", value: "clicked" })[0];
}

test("one drawing holds what came and what went, each marked", () => {
  const old = before();
  let now = remove(old, { ...nothing, blocks: new Set(["sms"]) });
  now = addBlock(changeBlock(now, "viber", { name: "A" }), "delay", "", 0, 0)[0];
  now = move(now, new Map([["goal", { x: 500, y: 0 }]]));
  const d = difference(
    {
      added: [{ id: "delay" }],
      removed: [{ id: "sms" }],
      changed: [
        { id: "viber", fields: [], moved: false },
        { id: "goal", fields: [], moved: true },
      ],
    },
    { removed: [{ id: "viber_sms" }] },
  );
  const { scheme, marks } = merged(old, now, d);
  expect(scheme.nodes.map((n) => n.id)).toEqual(["viber", "goal", "delay", "sms"]);
  expect(scheme.links.map((l) => l.id)).toEqual(["viber_goal", "viber_sms"]);
  expect([...marks.blocks]).toEqual([
    ["delay", "added"],
    ["sms", "removed"],
    ["viber", "changed"],
  ]);
  expect([...marks.links]).toEqual([["viber_sms", "removed"]]);
  const { difference: told, moved } = withoutMoves(d);
  expect([told.nodes.changed.map((x) => x.id), moved]).toEqual([["viber"], 1]);
});

test("what changed is said by the names of the form", () => {
  const label = (text: string) => ({ ru: text, en: text });
  const fields: Field[] = [
    { name: "text", kind: "template", label: label("Text") },
    {
      name: "button",
      kind: "object",
      label: label("Button"),
      fields: [{ name: "url", kind: "text", label: label("Address") }],
    },
    {
      name: "variants",
      kind: "object",
      in: "list",
      label: label("Variants"),
      fields: [{ name: "weight", kind: "number", label: label("Weight") }],
    },
  ];
  const name = (pointer: string) => settingName(pointer, fields, (w) => w.en);
  expect(name("/config/text")).toBe("Text");
  expect(name("/config/button/url")).toBe("Button: Address");
  expect(name("/config/variants/1/weight")).toBe("Variants: 2: Weight");
  expect(name("/config/other")).toBe("other");
  expect(name("/name")).toBe("");
  expect(valuesOf({ field: "/config/text", before: "a", after: { b: 1 } })).toEqual({ before: "a", after: '{"b":1}' });
  expect(valuesOf({ field: "", before: "abc" }, 2)).toEqual({ before: "ab…", after: "" });
});

test("the draft is later than all versions", () => {
  const [draft, two] = [{ number: Number.POSITIVE_INFINITY }, { number: 2 }];
  expect(inTime(draft, two)).toEqual([two, draft]);
  expect(inTime(two, draft)).toEqual([two, draft]);
});
