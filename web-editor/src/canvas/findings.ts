import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../api/client";
import { useEditor, useWorkbench } from "./context";
import type { Finding } from "./types";

const pause = 400;

/** Has the scheme checked shortly after each change, in the reader's language. */
export function useFindings() {
  const { ui } = useWorkbench();
  const { i18n } = useTranslation();
  const scheme = useEditor((s) => s.scheme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: findings speak the reader's language
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(async () => {
      try {
        const found = await take(api.POST("/api/v1/findings", { body: { document: scheme as never } }));
        if (!stale) ui.setState({ findings: found.findings as Finding[] });
      } catch {
        // Without a connection the last findings stay; the state of saving tells of it.
      }
    }, pause);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [scheme, ui, i18n.language]);
}
