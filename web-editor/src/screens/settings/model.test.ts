import { expect, test } from "vitest";
import { type Account, accountChange, changeLines, givable, scopeKey } from "./model";

const account: Account = {
  id: "1",
  name: "Kaskad",
  zone: "Europe/Moscow",
  country: "RU",
  language: "ru",
  stop_words: null,
  created_at: "",
};

test("only what differs is sent, and what was taken off is null", () => {
  expect(accountChange(account, { ...account })).toBeNull();
  const capped = { ...account, cap_day: 2, stop_words: ["стоп"] };
  expect(accountChange(account, capped)).toEqual({ cap_day: 2, stop_words: ["стоп"] });
  expect(accountChange(capped, { ...account, zone: "Asia/Omsk" })).toEqual({
    zone: "Asia/Omsk",
    cap_day: null,
    stop_words: null,
  });
});

test("nobody gives a role that may do more than one's own", () => {
  const roles = [
    { role: "owner" as const, scopes: ["a", "b", "c"] },
    { role: "admin" as const, scopes: ["a", "b"] },
    { role: "analyst" as const, scopes: ["a"] },
  ];
  expect(givable(roles, ["a", "b"])).toEqual(["admin", "analyst"]);
  expect(givable(roles, [])).toEqual([]);
});

test("a change is told field by field", () => {
  expect(changeLines({ role: "admin", groups: ["1", "2"], choices: [], made: "0001-01-01T00:00:00Z" })).toEqual([
    "role: admin",
    "groups: 1, 2",
  ]);
  const start = { old: { when: "cron", cron: "30 9 * * *" }, new: { when: "cron", cron: "0 10 * * *" } };
  expect(changeLines({ start, rate: { new: 5 } })).toEqual(["start.cron: 30 9 * * * → 0 10 * * *", "rate: — → 5"]);
  expect(changeLines({ old: { name: "A", cap_day: 1 }, new: { name: "B", cap_day: 1 } })).toEqual(["name: A → B"]);
  expect(changeLines({ window: { from: "10:00", days: [1, 2] } })).toEqual(["window: from: 10:00; days: 1, 2"]);
  expect(changeLines(undefined)).toEqual([]);
  expect(changeLines("x")).toEqual(["x"]);
});

test("a scope is a key without a colon", () => expect(scopeKey("users:read")).toBe("users_read"));
