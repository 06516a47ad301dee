import fc from "fast-check";
import { expect, test } from "vitest";
import { balance } from "./weights";

test("shares always make a hundred, and nobody has none", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 2, maxLength: 20 }),
      fc.nat(),
      fc.integer({ min: -50, max: 200 }),
      (weights, at, share) => {
        const chosen = at % weights.length;
        const out = balance(weights, chosen, share);
        expect(out.reduce((a, b) => a + b, 0)).toBe(100);
        expect(out.every((w) => Number.isInteger(w) && w >= 1)).toBe(true);
        expect(out[chosen]).toBe(Math.min(100 - weights.length + 1, Math.max(1, share)));
      },
    ),
  );
});

test("the others keep their proportion", () => {
  expect(balance([50, 50], 0, 30)).toEqual([30, 70]);
  expect(balance([20, 40, 40], 0, 60)).toEqual([60, 20, 20]);
});
