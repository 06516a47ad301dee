import fc from "fast-check";
import { expect, test } from "vitest";
import { joinWall, readDay, writeDay } from "./wall";

test.each([
  ["2026-06-15", "ru", "2026-06-15"],
  ["15.06.2026", "ru", "2026-06-15"],
  ["15.6.26", "en", "2026-06-15"],
  ["15.6", "ru", "2030-06-15"],
  ["6/15/2026", "en", "2026-06-15"],
  ["15/6/2026", "ru", "2026-06-15"],
  ["Jun 15, 2026", "en", "2026-06-15"],
  ["15 June 2026", "en", "2026-06-15"],
  ["15 июня 2026", "ru", "2026-06-15"],
  ["июн 15", "ru", "2030-06-15"],
  ["29.02.2027", "ru", null],
  ["15.13.2026", "ru", null],
  ["Jun", "en", null],
  ["завтра", "ru", null],
  ["", "ru", null],
  ["01.01.1200", "ru", null],
])("%j in %s is %s", (text, language, want) => {
  expect(readDay(text, language, 2030)).toBe(want);
});

test("a day is read as it is written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom("ru", "en"), (n, language) => {
      const day = new Date(n * 86_400_000).toISOString().slice(0, 10);
      expect(readDay(writeDay(day, language), language)).toBe(day);
    }),
  );
});

test("no time without a day", () => {
  expect(joinWall("2026-06-15", "10:00")).toBe("2026-06-15T10:00");
  expect(joinWall(null, "10:00")).toBe("");
});
