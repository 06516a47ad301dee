import { expect, test } from "vitest";
import { type Account, accountChange, givable, scopeKey } from "./model";

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

test("a scope is a key without a colon", () => expect(scopeKey("users:read")).toBe("users_read"));
