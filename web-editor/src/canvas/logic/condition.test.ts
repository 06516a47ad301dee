import fc from "fast-check";
import { expect, test } from "vitest";
import { type Operator, operatorsOf, type Row, readRows, writeRows } from "./condition";
import { needsValue } from "./literal";

const kinds: Record<string, string> = {
  "contact.name": "text",
  "contact.tags": "tags",
  "contact.attributes.points": "number",
  "contact.attributes.vip": "boolean",
};
const kindOf = (field: string) => kinds[field] ?? "text";

test("rows are written as an expression that people would write", () => {
  const rows: Row[] = [
    { field: "contact.attributes.city", operator: "is", value: "Казань" },
    { field: "contact.attributes.points", operator: "atLeast", value: "10" },
    { field: "contact.tags", operator: "lacks", value: "vip" },
    { field: "contact.name", operator: "set", value: "" },
  ];
  expect(writeRows({ join: "and", rows }, kindOf)).toBe(
    'contact.attributes.city == "Казань" && contact.attributes.points >= 10 && "vip" not in contact.tags && contact.name != nil',
  );
  expect(writeRows({ join: "or", rows: rows.slice(0, 2) }, kindOf)).toContain(" || ");
});

const row = fc
  .constantFrom(...Object.keys(kinds))
  .chain((field) =>
    fc.record({
      field: fc.constant(field),
      operator: fc.constantFrom(...operatorsOf(kindOf(field))),
      value: fc.string(),
    }),
  )
  .map((r) => ({ ...r, value: needsValue(r.operator) ? r.value : "" }));

test("what was written is read again", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 5 }), fc.constantFrom("and", "or"), (rows, join) => {
      const read = readRows(writeRows({ join: join as "and", rows }, kindOf));
      // A number is written without the spaces around it.
      const bare = (r: Row) => ({ ...r, value: r.value.trim() });
      expect(read?.join).toBe(join);
      expect(read?.rows.map(bare)).toEqual(rows.map(bare));
    }),
  );
});

test("an expression that says more stays one", () => {
  for (const e of [
    'contact.name == "a" && contact.name == "b" || contact.name == "c"',
    '(contact.name == "a")',
    'upper(contact.name) == "A"',
    "contact.name == contact.email",
    "contact.name > nil",
    "contact.name ==",
    '!("vip" in contact.tags)',
  ])
    expect(readRows(e)).toBeNull();
  expect(readRows("  ")).toEqual({ join: "and", rows: [] });
  expect(readRows('contact.name == "a && b"')?.rows).toEqual([
    { field: "contact.name", operator: "is" satisfies Operator, value: "a && b" },
  ]);
});
