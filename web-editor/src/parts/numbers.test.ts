import i18next from "i18next";
import { expect, test } from "vitest";
import { initWords } from "../app/words";
import { thousands } from "./numbers";

const texts = {
  en: { shown_one: "{{count}} of {{total}}", shown_other: "{{count}} of {{total}}", version: "Version {{number}}" },
  ru: { shown_one: "{{count}} строка", shown_few: "{{count}} строки", shown_many: "{{count}} строк", shown_other: "" },
};

test("numbers in texts are written as the language does, names are not", async () => {
  const words = i18next.createInstance();
  const resources = { en: { translation: texts.en }, ru: { translation: texts.ru } };
  await initWords(words, { lng: "en", resources });
  expect(words.t("shown", { count: 50, total: 9500 })).toBe("50 of 9,500");
  expect(words.t("shown", { count: 1, total: "1,200+" })).toBe("1 of 1,200+");
  expect(words.t("version", { number: 1200 })).toBe("Version 1200");
  await words.changeLanguage("ru");
  expect(words.t("shown", { count: 9502 })).toBe("9\u00a0502 строки");
  expect(words.t("shown", { count: 9500 })).toBe("9\u00a0500 строк");
});

test("thousands stand apart as the language has them", () => {
  expect([thousands("ru"), thousands("en")]).toEqual([" ", ","]);
});
