import { expect, test } from "vitest";
import { type Act, actsOf, type Campaign, moving, progress, tagsOf } from "./model";

const base: Campaign = {
  id: "1",
  name: "A",
  version: "2",
  state: "running",
  kind: "closed",
  recipients: 10,
  open: 4,
  created_at: "2026-01-01T00:00:00Z",
  launched_at: "2026-01-01T00:00:01Z",
};
const never = { launched_at: undefined };
const all = () => true;

test.each<[Partial<Campaign>, Act[]]>([
  [{ state: "draft", ...never }, ["copy", "delete"]],
  [{ state: "draft", launching: true }, ["stopLaunch"]],
  [{ state: "moderation", ...never }, ["withdraw", "approve", "reject", "copy"]],
  [{ state: "running" }, ["pause", "cancel", "repeat", "followUp", "copy"]],
  [{ state: "paused" }, ["resume", "cancel", "repeat", "followUp", "copy"]],
  [{ state: "running", kind: "open" }, ["pause", "close", "cancel", "copy"]],
  [{ state: "scheduled", start: { when: "cron" } }, ["pause", "cancel", "repeat", "copy"]],
  [{ state: "finished" }, ["repeat", "followUp", "copy", "archive"]],
  [{ state: "finished", archived_at: "2026-01-02T00:00:00Z" }, ["repeat", "followUp", "copy", "unarchive"]],
  [{ state: "finished", test: true }, ["archive"]],
])("what can be done with %j", (part, acts) => {
  expect(actsOf({ ...base, ...part }, all)).toEqual(acts);
});

test("what a role may not do is absent", () => {
  expect(actsOf(base, (s) => s === "campaigns:launch")).toEqual(["pause", "cancel"]);
  expect(actsOf(base, () => false)).toEqual([]);
});

test("progress is of those whose walk has ended", () => {
  expect(progress(base)).toBe(0.6);
  expect(progress({ ...base, state: "draft" })).toBeNull();
  expect(progress({ ...base, recipients: 0 })).toBeNull();
  expect(progress({ ...base, open: 99 })).toBe(0);
});

test("what moves by itself", () => {
  expect([moving(base), moving({ state: "draft" }), moving({ state: "draft", launching: true })]).toEqual([
    true,
    false,
    true,
  ]);
  expect(tagsOf([{ tags: ["b", "a"] }, {}, { tags: ["a"] }])).toEqual(["a", "b"]);
});
