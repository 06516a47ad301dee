import fc from "fast-check";
import { expect, test } from "vitest";
import { along, type Box, type Labelled, placeLabels } from "./labels";

const link = (id: string, from: [number, number], to: [number, number], width = 100): Labelled => ({
  id,
  from: { x: from[0], y: from[1] },
  to: { x: to[0], y: to[1] },
  width,
});
const box = (l: Labelled, at: { x: number; y: number } | undefined): Box => ({
  x: (at?.x ?? 0) - l.width / 2,
  y: (at?.y ?? 0) - 11,
  width: l.width,
  height: 22,
});
const meet = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("a label with room around it stands in the middle of its link", () => {
  expect(placeLabels([link("1", [0, 0], [0, 200])], []).get("1")).toEqual({ x: 0, y: 100 });
});

test("a label steps out of the way of a card on its link", () => {
  const l = link("1", [0, 0], [600, 600]);
  const card = { x: 200, y: 200, width: 220, height: 180 };
  const at = placeLabels([l], [card]).get("1");
  expect(meet(box(l, along(l, 0.5)), card)).toBe(true);
  expect(meet(box(l, at), card)).toBe(false);
});

test("labels of links that begin or end together do not hide each other", () => {
  const links = ["a", "b", "c", "d"].map((id) => link(id, [0, 0], [0, 220]));
  const at = placeLabels(links, []);
  for (const a of links)
    for (const b of links) if (a !== b) expect(meet(box(a, at.get(a.id)), box(b, at.get(b.id)))).toBe(false);
});

test("a label that finds no free place stands on its link all the same", () => {
  const at = placeLabels([link("1", [0, 0], [0, 100])], [{ x: -500, y: -500, width: 1000, height: 1000 }]).get("1");
  expect(at).toEqual({ x: 0, y: 50 });
});

test("every link has a label, on the height of its link", () => {
  const n = fc.integer({ min: -2000, max: 2000 });
  const point = fc.record({ x: n, y: n });
  const one = fc.record({ from: point, to: point, width: fc.integer({ min: 20, max: 180 }) });
  const card = fc.record({ x: n, y: n, width: fc.constant(220), height: fc.integer({ min: 60, max: 300 }) });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), fc.array(card, { maxLength: 12 }), (links, cards) => {
      const named = links.map((l, i) => ({ ...l, id: String(i) }));
      const at = placeLabels(named, cards);
      for (const l of named) {
        const p = at.get(l.id);
        const bend = Math.max(0, 6.25 * Math.sqrt(Math.max(0, l.from.y - l.to.y)));
        expect(p?.y).toBeGreaterThanOrEqual(Math.min(l.from.y, l.to.y) - bend - 1);
        expect(p?.y).toBeLessThanOrEqual(Math.max(l.from.y, l.to.y) + bend + 1);
      }
    }),
  );
});
