import { expect, test } from "vitest";
import { changesOf, type Difference } from "./difference";
import { empty } from "./document";
import { addBlock, addLink } from "./edit";

const none = () => ({ added: [], removed: [], changed: [] });
const names: Record<string, string> = { viber: "Viber", sms: "SMS", goal: "Goal" };
const typeName = (type: string) => names[type] ?? type;

test("a difference is told block by block and link by link, by the names that people gave", () => {
  let s = addBlock(empty("cascade", "Sale"), "viber", "Offer", 0, 0)[0];
  s = addBlock(s, "goal", "", 0, 0)[0];
  s = addLink(s, { from: "viber", to: "goal", type: "status", value: "clicked" })[0];
  const d: Difference = {
    fields: [{ field: "/name" }],
    nodes: {
      added: [{ id: "goal", type: "goal" }],
      removed: [{ id: "sms", type: "sms", name: "Fallback" }],
      changed: [{ id: "viber", type: "viber", name: "Offer" }],
    },
    links: {
      added: [{ id: "viber_goal" }],
      removed: [{ id: "1", from: "viber", to: "sms" }],
      changed: [{ id: "2", from: "viber", to: "lost" }],
    },
  };
  expect(changesOf(d, s, typeName)).toEqual([
    { what: "document", name: "Sale" },
    { what: "blockAdded", name: "Goal" },
    { what: "blockRemoved", name: "Fallback" },
    { what: "blockChanged", name: "Offer" },
    { what: "linkAdded", name: "Offer → Goal" },
    { what: "linkRemoved", name: "Offer → Fallback" },
    { what: "linkChanged", name: "Offer → lost" },
  ]);
});

test("no difference is nothing to tell", () => {
  expect(changesOf({ fields: [], nodes: none(), links: none() }, empty("cascade", ""), typeName)).toEqual([]);
});
