import { expect, test } from "vitest";
import type { Field } from "../types";
import { freshItem, inConfig, shown, withValue } from "./model";

const label = { ru: "", en: "" };
const field = (f: Partial<Field>): Field => ({ name: "f", kind: "text", label, ...f });

test("a field is shown by what its neighbour holds, or would hold", () => {
  const format = field({ name: "format", kind: "choice", default: "text" });
  const image = field({ name: "image", when: { field: "format", values: ["image"] } });
  const text = field({ name: "text", when: { field: "format", values: ["text"] } });
  expect([shown(image, [format], {}), shown(text, [format], {})]).toEqual([false, true]);
  expect([shown(image, [format], { format: "image" }), shown(text, [format], { format: "image" })]).toEqual([
    true,
    false,
  ]);
});

test("what is empty is left out of the document", () => {
  expect(withValue({ a: 1 }, "b", "x")).toEqual({ a: 1, b: "x" });
  for (const nothing of ["", undefined, []]) expect(withValue({ a: 1, b: "x" }, "b", nothing)).toEqual({ a: 1 });
  expect(withValue({ a: 1 }, "a", 0)).toEqual({ a: 0 });
  expect(withValue({}, "a", false)).toEqual({ a: false });
});

test("a new variant has an id that is free", () => {
  const variants = field({
    kind: "object",
    fields: [field({ name: "id" }), field({ name: "weight", kind: "number", required: true, min: "1" })],
  });
  expect(freshItem(variants, [{ id: "a" }, { id: "c" }])).toEqual({ id: "b", weight: 1 });
  expect(freshItem(field({}), [])).toBe("");
});

test("a finding's place is told from the settings of its block", () => {
  expect(inConfig("/nodes/3/config/button/url", 3)).toBe("/button/url");
  expect(inConfig("/nodes/3/config", 3)).toBe("");
  expect(inConfig("/nodes/33/config/text", 3)).toBeNull();
  expect(inConfig(undefined, 0)).toBeNull();
});
