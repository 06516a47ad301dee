import fc from "fast-check";
import { expect, test } from "vitest";
import { placeIn, stretch } from "./place";

test("a message tells its place in both languages", () => {
  expect(placeIn("строка 2, столбец 10: у contact нет поля nme")).toEqual({ line: 2, column: 10 });
  expect(placeIn("line 1, column 3: unexpected end")).toEqual({ line: 1, column: 3 });
  expect(placeIn("Line 1, column 3: unexpected end")).toEqual({ line: 1, column: 3 });
  expect(placeIn("it is too long")).toBeNull();
});

test("a place is the word that stands there", () => {
  const text = "contact.name ==\n contact.nme && foo(1)";
  const at = (line: number, column: number) => {
    const { from, to } = stretch(text, { line, column });
    return text.slice(from, to);
  };
  expect(at(2, 10)).toBe("nme");
  expect(at(1, 1)).toBe("contact");
  expect(at(9, 999)).toBe(")");
  expect(stretch('"😀" + x', { line: 1, column: 7 })).toEqual({ from: 7, to: 8 });
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), (s, line, column) => {
      const { from, to } = stretch(s, { line, column });
      expect(from >= 0 && from <= to && to <= s.length && (to > from || s === "")).toBe(true);
    }),
  );
});
