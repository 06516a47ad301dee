import fc from "fast-check";
import { expect, test } from "vitest";
import { empty, type Link, type Scheme } from "./document";
import { addBlock, addLink } from "./edit";
import { firesWhen, linkName, replyCondition, replyWords, type Say } from "./words";

const say: Say = (key, values) =>
  `${key.replace("canvas.", "")}${values ? `(${Object.values(values).join("; ")})` : ""}`;

function drawn(...links: Pick<Link, "type" | "value">[]): Scheme {
  let s = addBlock(empty("cascade", ""), "viber", "", 0, 0)[0];
  s = addBlock(s, "goal", "", 0, 200)[0];
  for (const l of links) s = addLink(s, { from: "viber", to: "goal", ...l })[0];
  return s;
}

const first = (s: Scheme) => firesWhen(s, s.links[0] as Link, "2h", say);

test("a milder status waits for what is drawn beside it, and for nothing else", () => {
  const delivered = { type: "status", value: "delivered" } as const;
  expect(first(drawn(delivered))).toBe("when.atOnce(status.delivered)");
  expect(first(drawn(delivered, { type: "status", value: "clicked" }))).toBe(
    "when.held(status.delivered; unless.clicked; 2h)",
  );
  expect(first(drawn(delivered, { type: "reply" }, { type: "status", value: "viewed" }))).toBe(
    "when.held(status.delivered; unless.viewedunless.andunless.reply; 2h)",
  );
  const viewed = { type: "status", value: "viewed" } as const;
  expect(first(drawn(viewed, delivered))).toBe("when.atOnce(status.viewed)");
  expect(first(drawn({ type: "status", value: "clicked" }, delivered))).toBe("when.atOnce(status.clicked)");
});

test("not delivered takes errors along, unless they have a link", () => {
  const failed = { type: "status", value: "not_delivered" } as const;
  expect(first(drawn(failed))).toContain("when.failedOrError");
  expect(first(drawn(failed, { type: "error" }))).toContain("when.failed(");
  expect(first(drawn(failed, { type: "error", value: "no_funds" }))).toContain("when.failedOrError");
  expect(first(drawn({ type: "error", value: "no_funds" }))).toContain("when.error(");
});

test("a reply's words are written as a condition and read back", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (words) => {
      expect(replyWords(replyCondition(words))).toEqual(words);
    }),
  );
  expect(replyWords('reply == "да"')).toBeNull();
  expect(replyWords("")).toBeNull();
  expect(replyCondition([])).toBe("");
});

test("variants and branches go by their names", () => {
  const [, split] = addBlock(empty("cascade", ""), "split", "", 0, 0, {
    variants: [{ id: "a", name: "Short" }, { id: "b" }],
  });
  expect(linkName({ type: "variant", value: "a" }, say, split)).toBe("link.variant(Short)");
  expect(linkName({ type: "variant", value: "b" }, say, split)).toBe("link.variant(b)");
  expect(linkName({ type: "branch", value: "else" }, say)).toBe("link.else");
});
