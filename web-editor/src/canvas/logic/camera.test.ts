import { expect, test } from "vitest";
import { createCamera } from "./camera";
import type { View } from "./seen";

function camera() {
  const told: number[] = [];
  let busy = false;
  const c = createCamera({ tell: (v) => told.push(v.x), busy: () => busy });
  return {
    c,
    told,
    work: () => {
      busy = true;
    },
  };
}
const at = (x: number): View => ({ x, y: 0, zoom: 1 });

test("while a hand moves the view it is told once, when the hand rests", () => {
  const { c, told } = camera();
  const seen: number[] = [];
  const stop = c.watch((v) => seen.push(v.x));
  c.begin();
  for (const x of [1, 2, 3]) c.change(at(x));
  expect(told).toEqual([]);
  expect(c.now().x).toBe(3);
  c.end();
  expect(told).toEqual([3]);
  stop();
  c.change(at(4));
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(told).toEqual([3, 4]);
});

test("whoever asks meanwhile has it told, and no view is told twice", () => {
  const { c, told } = camera();
  c.begin();
  c.change(at(1));
  c.settle();
  c.settle();
  c.end();
  expect(told).toEqual([1]);
});

test("while something is drawn by the pointer's place each view is told", () => {
  const { c, told, work } = camera();
  c.begin();
  c.change(at(1));
  work();
  c.change(at(2));
  c.change(at(3));
  expect(told).toEqual([2, 3]);
});
