import { expect, test } from "vitest";
import {
  changed,
  createFigures,
  errorsOf,
  type Figures,
  funnelOf,
  looked,
  speedOf,
  takeFigures,
  timeLeft,
} from "./figures";

const block = (id: string, sent: number, facts = {}, errors = {}) => ({
  id,
  type: "sms",
  name: id,
  entered: sent,
  sent,
  facts,
  errors,
  links: [],
  ended: 0,
  open: 0,
});
const at = (sent: number, ended: number): Figures => ({
  campaign: "1",
  state: "running",
  recipients: 100,
  open: 100 - ended,
  endings: { goal: ended },
  blocks: [block("a", sent), block("b", 0)],
});

test("a change takes over what it names and leaves the rest as it is", () => {
  const old = at(10, 2);
  const next = changed(old, { open: 5, blocks: [block("a", 20)] });
  expect([next.open, next.blocks[0]?.sent, next.state]).toEqual([5, 20, "running"]);
  expect(next.blocks[1]).toBe(old.blocks[1]);
  expect(changed(old, { open: 5 }).blocks).toBe(old.blocks);
});

test("speed is that of about the last ten seconds", () => {
  let looks = looked([], at(0, 0), 0);
  expect(speedOf(looks)).toBeNull();
  for (let s = 1; s <= 60; s++) looks = looked(looks, at(s <= 40 ? s * 100 : 4000 + (s - 40) * 2, s), s * 1000);
  expect(looks.length).toBeLessThanOrEqual(12);
  expect(speedOf(looks)).toEqual({ sent: 2, ended: 1 });
  expect(timeLeft(at(0, 60), speedOf(looks))).toBe(40);
  expect(timeLeft({ ...at(0, 60), state: "paused" }, speedOf(looks))).toBeNull();
  expect(timeLeft(at(0, 60), { sent: 1, ended: 0 })).toBeNull();
});

test("a change before the first state is nothing", () => {
  const store = createFigures();
  takeFigures(store, { open: 1 }, "change", 0);
  expect(store.getState().figures).toBeNull();
  takeFigures(store, at(1, 0), "state", 0);
  takeFigures(store, { open: 7 }, "change", 1000);
  expect(store.getState().figures?.open).toBe(7);
});

test("errors are counted by reason, stages over all blocks", () => {
  const f = at(0, 0);
  f.blocks = [
    block("a", 10, { delivered: 8, viewed: 5 }, { rejected: 1, no_funds: 2 }),
    block("b", 4, { answered: 3 }, { rejected: 4, too_long: 0 }),
  ];
  expect(errorsOf(f).map((e) => [e.reason, e.count])).toEqual([
    ["rejected", 5],
    ["no_funds", 2],
  ]);
  expect(funnelOf(f)).toEqual([
    { stage: "sent", count: 14 },
    { stage: "delivered", count: 11 },
    { stage: "viewed", count: 5 },
  ]);
});
