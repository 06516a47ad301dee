import { expect, test } from "vitest";
import { drawable } from "./readable";

test.each([
  [null],
  [[]],
  [{}],
  [{ kind: "x", nodes: [], links: [] }],
  [{ kind: "cascade", nodes: {} }],
  [{ kind: "cascade", nodes: [{ id: 1 }], links: [] }],
])("%j cannot be drawn", (v) => {
  expect(drawable(v)).toBeNull();
});

test("what the drawing lacks is filled in, and the rest stays", () => {
  const s = drawable({
    kind: "cascade",
    entry: "a",
    nodes: [
      { id: "a", type: "sms" },
      { id: "b", type: "goal" },
    ],
    links: [{ id: "1", from: "a", to: "b", type: "status", value: "clicked" }],
  });
  expect(s).toMatchObject({ name: "", entry: "a", nodes: [{ config: {}, name: "" }, {}] });
  expect(s?.nodes[0]?.y).toBeLessThan(s?.nodes[1]?.y ?? 0);
  expect(drawable({ kind: "cascade" })).toMatchObject({ nodes: [], links: [] });
});
