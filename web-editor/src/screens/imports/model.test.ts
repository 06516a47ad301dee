import { expect, test } from "vitest";
import { type Column, columnError, keyFor, putColumn, resultOf, slotOf } from "./model";

const columns: Column[] = [{ field: "phone" }, { field: "name" }, { field: "attribute", key: "city", kind: "text" }];

test("a column says what it holds in one word", () => {
  expect(columns.map(slotOf)).toEqual(["phone", "name", "attribute:city"]);
  expect(slotOf(undefined)).toBe("skip");
});

test("what one column takes another loses", () => {
  expect(putColumn(columns, 4, 1, "phone", []).map(slotOf)).toEqual(["skip", "phone", "attribute:city", "skip"]);
  expect(putColumn(columns, 3, 0, "address:vk", []).map(slotOf)).toEqual(["address:vk", "name", "attribute:city"]);
  expect(putColumn(columns, 3, 1, "skip", []).map(slotOf)).toEqual(["phone", "skip", "attribute:city"]);
});

test("a new attribute is called as its column, where that is Latin", () => {
  expect(putColumn(columns, 3, 1, "attribute:", ["", "Last Visit", ""])[1]).toEqual({
    field: "attribute",
    key: "last_visit",
    kind: "text",
  });
  expect(keyFor("Город", 4)).toBe("column_5");
  expect(keyFor("2nd phone", 0)).toBe("nd_phone");
});

test("errors find their column", () => {
  const errors = { "columns[1].key": "a", "columns[11]": "b" };
  expect(columnError(errors, 1)).toBe("a");
  expect(columnError(errors, 11)).toBe("b");
  expect(columnError(errors, 0)).toBeUndefined();
});

test("a result has all its counts", () => {
  expect(resultOf(undefined)).toBeNull();
  expect(resultOf({ rows: 3, added: 2, by_reason: { no_phone: 1 } })).toMatchObject({
    rows: 3,
    added: 2,
    kept: 0,
    by_reason: { no_phone: 1 },
    warnings: {},
  });
});
