import i18next, { type FormatterModule, type InitOptions, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { filled } from "../parts/numbers";

export const languages = ["ru", "en"] as const;
export type Language = (typeof languages)[number];

const kept = "kaskad.language";

// One file an area and language; a language is fetched when somebody wants it.
const files = import.meta.glob<Record<string, unknown>>("../words/*/*.json", { import: "default" });

async function load(language: Language) {
  const areas: Record<string, unknown> = {};
  await Promise.all(
    Object.entries(files)
      .filter(([path]) => path.includes(`/${language}/`))
      .map(async ([path, read]) => {
        areas[path.slice(path.lastIndexOf("/") + 1, -".json".length)] = await read();
      }),
  );
  i18next.addResourceBundle(language, "translation", areas);
}

/** The language that the reader chose before, or else the browser's. */
export function preferred(): Language {
  const chosen = localStorage.getItem(kept) ?? navigator.language;
  return chosen.startsWith("en") ? "en" : "ru";
}

const numbers: FormatterModule = {
  type: "formatter",
  init() {},
  add() {},
  addCached() {},
  format: (value, _format, language, options) => filled(value, options?.interpolationkey, language),
};

/** Begins with words that write numbers as their language does. */
export const initWords = (words: i18n, options: InitOptions) =>
  words.use(numbers).init({
    fallbackLng: false,
    interpolation: { escapeValue: false, alwaysFormat: true }, // React escapes
    returnNull: false,
    ...options,
  });

export async function startWords(language: Language) {
  await initWords(i18next.use(initReactI18next), { resources: {}, lng: language });
  await speak(language);
}

export async function speak(language: Language) {
  if (!i18next.hasResourceBundle(language, "translation")) await load(language);
  await i18next.changeLanguage(language);
  localStorage.setItem(kept, language);
  document.documentElement.lang = language;
}
