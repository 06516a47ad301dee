import { expect, test } from "vitest";
import { everything, meet, scopeOf, shown, within } from "./seen";

const window = { width: 1000, height: 500 };

test("a window shows the part of the drawing that lies under it", () => {
  expect(shown({ x: 100, y: -50, zoom: 0.5 }, window)).toEqual({ left: -200, top: 100, right: 1800, bottom: 1100 });
  expect(shown({ x: 0, y: 0, zoom: 2 }, window, 10)).toEqual({ left: -10, top: -10, right: 510, bottom: 260 });
});

test("rectangles that touch meet, and one is within itself", () => {
  const a = { left: 0, top: 0, right: 10, bottom: 10 };
  expect(meet(a, { left: 10, top: 10, right: 20, bottom: 20 })).toBe(true);
  expect(meet(a, { left: 11, top: 0, right: 20, bottom: 10 })).toBe(false);
  expect(within(a, a)).toBe(true);
  expect(within({ ...a, right: 11 }, a)).toBe(false);
});

test("from afar nothing changes however the drawing is moved", () => {
  const far = scopeOf(everything, { x: 0, y: 0, zoom: 0.2 }, window);
  expect(far).toEqual({ far: true, part: null });
  expect(scopeOf(far, { x: 5000, y: -900, zoom: 0.45 }, window)).toBe(far);
});

test("near by another part is drawn once the window has moved a stride, before it leaves what is drawn", () => {
  const near = scopeOf(everything, { x: 0, y: 0, zoom: 1 }, window);
  expect(near).toEqual({ far: false, part: { left: -240, top: -240, right: 1240, bottom: 740 } });
  expect(scopeOf(near, { x: 80, y: -80, zoom: 1 }, window)).toBe(near);
  const next = scopeOf(near, { x: 81, y: 0, zoom: 1 }, window);
  expect(next.part).toEqual({ left: -321, top: -240, right: 1159, bottom: 740 });
});

test("between near and far it stays as it was", () => {
  const at = (zoom: number) => ({ x: 0, y: 0, zoom });
  const near = scopeOf(everything, at(0.45), window);
  expect(near.far).toBe(false);
  const far = scopeOf(near, at(0.41), window);
  expect(far.far).toBe(true);
  expect(scopeOf(far, at(0.45), window)).toBe(far);
  expect(scopeOf(far, at(0.48), window).far).toBe(false);
});
