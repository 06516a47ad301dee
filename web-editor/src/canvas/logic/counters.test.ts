import fc from "fast-check";
import { expect, test } from "vitest";
import { parts, seconds, write } from "./duration";
import { smsSize } from "./sms";

test.each([
  ["", "GSM-7", 0, 0, 160],
  ["a".repeat(160), "GSM-7", 160, 1, 0],
  ["a".repeat(161), "GSM-7", 161, 2, 145],
  ["€".repeat(80), "GSM-7", 160, 1, 0],
  // An escape is not parted from its sign: 76 of them in a part, one place lost.
  ["€".repeat(81), "GSM-7", 162, 2, 143],
  ["я".repeat(70), "UCS-2", 70, 1, 0],
  ["я".repeat(71), "UCS-2", 71, 2, 63],
  ["😀".repeat(35), "UCS-2", 70, 1, 0],
  ["😀".repeat(36), "UCS-2", 72, 2, 61],
  ["`", "UCS-2", 1, 1, 69],
] as const)("the size of %j", (text, alphabet, units, count, left) => {
  expect(smsSize(text)).toEqual({ alphabet, units, parts: count, left });
});

test.each([
  ["1h", 3600],
  ["1w2d3h4m5s", 788_645],
  ["90m", 5400],
  ["1m1h", null],
  ["1h1h", null],
  ["", null],
  ["h", null],
  ["1.5h", null],
  ["-1h", null],
])("the duration %j", (text, expected) => {
  expect(seconds(text)).toBe(expected);
});

test("durations are read as they were written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e8 }), (n) => {
      expect(seconds(write(n))).toBe(n);
    }),
  );
  expect(parts("2h")).toEqual({ amount: 2, unit: "h" });
  expect(parts("90m")).toEqual({ amount: 90, unit: "m" });
  expect(parts("60m")).toEqual({ amount: 1, unit: "h" });
  expect(parts("soon")).toBeNull();
});
