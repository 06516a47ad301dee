import fc from "fast-check";
import { expect, test } from "vitest";
import type { Row } from "../../canvas/logic/rows";
import { readCron, writeCron } from "./cron";
import { readFilter, writeFilter } from "./filter";
import { changeOf, type Terms, withKind, withoutWrong, withStart, wrongAt } from "./terms";
import { fromWall, toWall } from "./wall";

test.each([
  ["2026-06-15T10:00", "Europe/Moscow", "2026-06-15T07:00:00.000Z"],
  ["2026-01-15T10:00", "Europe/Berlin", "2026-01-15T09:00:00.000Z"],
  ["2026-07-15T10:00", "Europe/Berlin", "2026-07-15T08:00:00.000Z"],
  // The hour that is left out, and the one that comes twice.
  ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
  ["2026-06-15", "Europe/Moscow", undefined],
])("%s in %s", (wall, zone, instant) => {
  expect(fromWall(wall, zone)).toBe(instant);
});

test("a wall-clock time comes back as it was", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 40_000_000 }),
      fc.constantFrom("Asia/Vladivostok", "Europe/Moscow"),
      (n, z) => {
        const wall = toWall(new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString(), z);
        expect(toWall(fromWall(wall, z), z)).toBe(wall);
      },
    ),
    { numRuns: 60 },
  );
  expect(toWall(undefined, "Europe/Moscow")).toBe("");
});

test.each([
  ["0 10 * * *", { every: "day", time: "10:00" }],
  ["5 9 * * 1,3", { every: "week", time: "09:05", days: [1, 3] }],
  ["0 10 * * 1-5", { every: "week", time: "10:00", days: [1, 2, 3, 4, 5] }],
  ["0 10 * * 0", { every: "week", time: "10:00", days: [7] }],
  ["30 18 15 * *", { every: "month", time: "18:30", day: 15 }],
  ["*/30 * * * *", { every: "custom", text: "*/30 * * * *" }],
  ["0 10 1 * 1", { every: "custom", text: "0 10 1 * 1" }],
  ["soon", { every: "custom", text: "soon" }],
])("the schedule %j", (text, repeat) => {
  const read = readCron(text);
  expect(read).toEqual(repeat);
  expect(readCron(writeCron(read))).toEqual(read);
});

test.each<[string, Row[] | null]>([
  ["", []],
  [
    '"vip" in tags && attributes.city == "Казань"',
    [
      { field: "tags", operator: "has", value: "vip" },
      { field: "attributes.city", operator: "is", value: "Казань" },
    ],
  ],
  ['email != ""', [{ field: "email", operator: "set", value: "" }]],
  ["attributes.orders > 3", [{ field: "attributes.orders", operator: "more", value: "3" }]],
  ['name == "a && b"', [{ field: "name", operator: "is", value: "a && b" }]],
  ['name startsWith "A"', null],
  ['"a" in tags || "b" in tags', null],
])("the filter %j", (filter, list) => {
  expect(readFilter(filter)).toEqual(list);
});

test("conditions are read as they were written", () => {
  const value = fc.string({ minLength: 1, unit: "grapheme" });
  fc.assert(
    fc.property(fc.constantFrom("name", "attributes.city"), fc.constantFrom("is", "isNot"), value, (field, o, v) => {
      const one = { field, operator: o as Row["operator"], value: v };
      expect(readFilter(writeFilter([one, one]))).toEqual([one, one]);
    }),
  );
});

const base: Terms = { name: "A", version: "1", kind: "closed", start: { when: "now" } };

test("only what differs is saved, and what was cleared is null", () => {
  expect(changeOf(base, { ...base, tags: [], advertising: false, audience: {} })).toBeNull();
  expect(changeOf({ ...base, rate: 5, end: "x" }, { ...base, name: "B" })).toEqual({
    name: "B",
    rate: null,
    end: null,
  });
  expect(changeOf({ ...base, audience: { filter: "x" } }, base)).toEqual({ audience: {} });
});

test("what is wrong does not keep the rest from being saved", () => {
  expect(withoutWrong({ name: "B", rate: 1, start: { when: "cron", cron: "x" } }, ["start.cron"])).toEqual({
    name: "B",
    rate: 1,
  });
  expect(withoutWrong({ audience: {} }, ["audience.groups[0]"])).toBeNull();
  expect(wrongAt({ "window.from": "bad" }, "window")).toBe("bad");
  expect(wrongAt({ end_after: "bad" }, "end")).toBeUndefined();
});

test("terms that do not go together are dropped", () => {
  const smooth = { ...base, end: "2026-01-01T00:00:00Z", smooth: true };
  expect(withStart(smooth, { when: "cron", cron: "0 10 * * *" })).toEqual({
    ...base,
    start: { when: "cron", cron: "0 10 * * *" },
  });
  const open = withKind({ ...smooth, audience: { filter: "x" }, start: { when: "local", local: "x" } }, "open");
  expect(open).toEqual({ ...base, kind: "open", entry: { again: "never" }, end: smooth.end, start: { when: "now" } });
  expect(withKind(open, "closed").entry).toBeUndefined();
});
