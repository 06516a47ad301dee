import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../api/client";
import { useWorkbench } from "./context";
import type { Block, Scheme } from "./logic/document";
import { type Finding, inWords } from "./types";

const pause = 400;

/** Has the scheme checked shortly after each change, in the reader's language. */
export function useFindings() {
  const { editor, ui } = useWorkbench();
  const { i18n } = useTranslation();
  // It listens, and is not drawn with each change: all of the editor would be with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: findings speak the reader's language
  useEffect(() => {
    let checked: Scheme | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = async (scheme: Scheme) => {
      try {
        const found = await take(api.POST("/api/v1/findings", { body: { document: scheme as never } }));
        if (scheme === checked) ui.setState({ findings: found.findings as Finding[] });
      } catch {
        // Without a connection the last findings stay; the state of saving tells of it.
      }
    };
    const later = ({ scheme }: { scheme: Scheme }) => {
      if (scheme === checked) return;
      checked = scheme;
      clearTimeout(timer);
      timer = setTimeout(() => void check(scheme), pause);
    };
    later(editor.getState());
    const undo = editor.subscribe(later);
    return () => {
      undo();
      checked = null;
      clearTimeout(timer);
    };
  }, [editor, ui, i18n.language]);
}

/** What is wrong with a reply's condition that is being typed, before it is a link's. */
export function useReplyFinding(block: Block, expression: string): string | undefined {
  const { i18n } = useTranslation();
  const [value] = useDebouncedValue(expression, pause);
  const end = { id: `${block.id.slice(0, 60)}_end`, type: "goal", config: {} };
  const link = { id: "reply", from: block.id, to: end.id, type: "reply", value };
  const document = { kind: "cascade", name: "", nodes: [block, end], links: [link] };
  const found = useQuery({
    queryKey: ["findings", "reply", i18n.language, block.id, value],
    queryFn: () => take(api.POST("/api/v1/findings", { body: { document: document as never } })),
    enabled: value !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!value || !expression) return undefined;
  const one = (found.data?.findings as Finding[] | undefined)?.find((f) => f.link === "reply");
  return one && inWords(one);
}
