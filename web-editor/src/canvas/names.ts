import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useWorkbench } from "./context";
import type { Words } from "./types";

export function useLanguage(): "ru" | "en" {
  const { i18n } = useTranslation();
  return i18n.language === "en" ? "en" : "ru";
}

/** The names of types of blocks in the reader's language. */
export function useTypeNames(): (type: string) => string {
  const { types } = useWorkbench();
  const language = useLanguage();
  return useCallback((type: string) => types.get(type)?.label[language] ?? type, [types, language]);
}

/** Says a text that comes in both languages. */
export function useWordsOf(): (w: Words) => string {
  const language = useLanguage();
  return (w) => w[language];
}
