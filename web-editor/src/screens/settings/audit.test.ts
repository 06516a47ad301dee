import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import enWords from "../../words/en/audit.json";
import en from "../../words/en/settings.json";
import ruWords from "../../words/ru/audit.json";
import ru from "../../words/ru/settings.json";
import { changeLines, searchFor, type Tongue } from "./audit";
import { auditObjects } from "./model";

const engine = resolve(import.meta.dirname, "../../../../engine");

/** The program's own text below a folder, without its tests. */
const source = (folder: string): string =>
  readdirSync(join(engine, folder), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".go") && !f.endsWith("_test.go"))
    .map((f) => readFileSync(join(engine, folder, f), "utf8"))
    .join("\n");

/** What the program can write into the audit log. */
function written(): string[] {
  const store = source("store");
  const rules = source("campaign");
  // Where the words stand in the call, where they are chosen before it, and what a rule of a campaign's states names.
  const called = [...store.matchAll(/[aA]udit\w*\([^"\n]*"([a-z_]+\.[a-z_]+)"/g)];
  const chosen = [...store.matchAll(/\bwhat\b[^"\n]*=\s*"([a-z_]+\.[a-z_]+)"/g)];
  const passed = [...store.matchAll(/\.chang\w+\((?:[^"\n]|"")*"([a-z_]+\.[a-z_]+)"/g)];
  const named = [...store.matchAll(/"((?:account|campaign)\.[a-z_]+)"/g)];
  const ruled = [...rules.matchAll(/what:\s*"([a-z_]+\.[a-z_]+)"/g)];
  const all = [...called, ...chosen, ...passed, ...named, ...ruled].map((m) => m[1] ?? "");
  const causes = [...source("library").matchAll(/\bCause = "(\w+)"/g)].map((m) => `scheme.${m[1]}`);
  return [...new Set([...all, ...causes])].sort();
}

const told = (what: object): string[] =>
  Object.entries(what)
    .flatMap(([object, acts]) => Object.keys(acts).map((act) => `${object}.${act}`))
    .sort();

test("all that the program writes into the audit log has words, and no words are left over", () => {
  expect(told(ru.audit.what)).toEqual(written());
  expect(told(en.audit.what)).toEqual(written());
});

test("the log can be searched for all that it is about", () => {
  expect([...auditObjects].sort()).toEqual(Object.keys(ru.audit.what).sort());
  expect(Object.keys(ru.audit.object).sort()).toEqual([...auditObjects].sort());
});

/** What the schemas of the API that the log holds parts of have for fields. */
function fieldsOf(names: readonly string[]): string[] {
  const { components } = JSON.parse(readFileSync(resolve(engine, "../api/openapi.json"), "utf8"));
  return names.flatMap((name) => {
    expect(components.schemas, name).toHaveProperty(name);
    return Object.keys(components.schemas[name].properties ?? {});
  });
}

/** The fields that the program names where it writes into the log. */
function named(): string[] {
  const entries = [...source("store").matchAll(/[aA]udit\((?:[^()]|\([^()]*\))*?map\[string\]any\{([^}]*)\}/g)];
  return entries.flatMap(([, fields]) => [...(fields ?? "").matchAll(/"([a-z_]+)":/g)].map((m) => m[1] ?? ""));
}

/** Which kinds of thing the log may name. */
function subjects(): string[] {
  const store = source("store");
  const called = [...store.matchAll(/[aA]udit\([^"\n]*(?:"[a-z_]+\.[a-z_]+"|what|What\(\)), "([a-z_]+)"/g)];
  return [...new Set(called.map((m) => m[1] ?? ""))];
}

test("all that the log names has a word in both languages", () => {
  expect(subjects()).toContain("invitation");
  for (const words of [ruWords.subject, enWords.subject])
    expect(subjects().filter((k) => !Object.hasOwn(words, k))).toEqual([]);
});

test("what the log shows has words in both languages", () => {
  const schemas = ["Account", "Window", "Start", "Audience", "Follows", "ImportSettings", "ImportConsent"];
  const result = /type ImportResult struct \{([^}]*)\}/.exec(source("audience"))?.[1] ?? "";
  const counted = [...result.matchAll(/json:"([a-z_]+)/g)].map((m) => m[1] ?? "");
  const wanted = [...named(), ...counted, ...fieldsOf([...schemas, "Attribute", "Correction", "Selection", "Erased"])];
  expect(wanted.length).toBeGreaterThan(80);
  for (const words of [ruWords.field, enWords.field])
    expect(wanted.filter((k) => !Object.hasOwn(words, k))).toEqual([]);
});

const tongue: Tongue = {
  catalogue: {
    what: ru.audit.what,
    object: ru.audit.object,
    field: ruWords.field,
    value: { ...ruWords.value, role: ru.role, by_reason: { no_phone: "нет телефона" } },
  },
  say: (key, values) => (values ? `${key} ${values.count}` : key),
  number: String,
  moment: (instant) => `<${instant}>`,
  weekday: (n) => `day ${n}`,
};

describe("a change is told field by field", () => {
  test.each<[string, unknown, string[]]>([
    [
      "what is empty is left out",
      { name: "А", groups: ["1", "2"], choices: [], created_at: "0001-01-01T00:00:00Z" },
      ["Название: А", "Группы: 1, 2"],
    ],
    ["values have words", { role: "admin" }, ["Роль: Администратор"]],
    [
      "of two only what is other",
      { old: { name: "A", cap_day: 1 }, new: { name: "B", cap_day: 1 } },
      ["Название: A → B"],
    ],
    [
      "however deep",
      {
        start: { old: { when: "cron", cron: "30 9 * * *" }, new: { when: "cron", cron: "0 10 * * *" } },
        rate: { new: 5 },
      },
      ["Начало · Расписание: 30 9 * * * → 0 10 * * *", "Скорость, в секунду: — → 5"],
    ],
    [
      "a field goes by where it stands",
      { window: { from: "10:00", days: [1, 2], zone: "recipient" }, from: "7" },
      ["Из чего: 7", "Время отправки: Дни: day 1, day 2; С: 10:00; Часовой пояс: время получателя"],
    ],
    ["instants", { end: { old: null, new: "2026-06-15T07:00:00Z" } }, ["Окончание: — → <2026-06-15T07:00:00Z>"]],
    ["durations", { end_after: "12h" }, ["Длительность повтора: canvas.lasts.h 12"]],
    ["yes and no", { smooth: { old: false, new: true } }, ["Плавная отправка: contacts.no → contacts.yes"]],
    [
      "what the account named stays",
      { fields: ["name", "attributes.full_name"] },
      ["Поля: Название, Поле · full_name"],
    ],
    [
      "counts by reason",
      { result: { by_reason: { no_phone: 2, double: 1 } } },
      ["Итог: Отклонено: нет телефона: 2; double: 1"],
    ],
    [
      "a field without words is readable",
      { brand_new_field: "x", sub: { other_one: true } },
      ["brand new field: x", "sub: other one: contacts.yes"],
    ],
    ["nothing", undefined, []],
    ["a bare value", "x", ["x"]],
  ])("%s", (_, change, lines) => expect(changeLines(change, tongue)).toEqual(lines));

  test("bare values may be of a field", () =>
    expect(changeLines({ old: "marketer", new: "admin" }, tongue, "role")).toEqual([
      "Роль: Маркетолог → Администратор",
    ]));
});

describe("a search finds by the words of the interface", () => {
  const codes = (typed: string) => searchFor(typed, tongue.catalogue).split("|");
  test.each([
    ["паузе", "campaign.paused"],
    ["пауза", "campaign.paused"],
    ["Отменена", "campaign.cancelled"],
    ["каскады", "scheme"],
    ["изменен", "account.changed"],
    ["ИЗМЕНЁН", "contact.changed"],
    ["маркетолог", "marketer"],
    ["пояс", "zone"],
  ])("%s", (typed, code) => expect(codes(typed)).toContain(code));

  test("every word by itself, as it was typed too", () => {
    expect(searchFor("  Анна   отменена ", tongue.catalogue)).toBe("Анна отменена|campaign.cancelled");
    expect(searchFor("campaign.paused", tongue.catalogue)).toBe("campaign.paused");
    expect(searchFor("192.0.2.1 x", tongue.catalogue)).toBe("192.0.2.1 x");
  });

  test("what an object's code finds is not named again", () => {
    expect(codes("рассылки")).toContain("campaign");
    expect(codes("рассылки")).not.toContain("campaign.paused");
  });

  test("bars are not taken from the reader, and all of it fits", () => {
    expect(searchFor("анна|борис", tongue.catalogue)).toBe("анна борис");
    expect(searchFor("", tongue.catalogue)).toBe("");
    expect(searchFor("ра по ко за из на пр до во ка ещё", tongue.catalogue).length).toBeLessThanOrEqual(4000);
  });
});
