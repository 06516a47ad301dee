import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { tell } from "../../parts/tell";
import { type Import, type ImportChange, importKey, type Settings } from "./model";

const patience = 350;
// What makes the file another one to read: its columns are proposed anew.
const rereads = ["encoding", "separator", "sheet", "header"] as const;

/** The settings of a draft as they are typed, saved a moment later; what is refused stays as it was typed. */
export function useDraft(draft: Import) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState<ImportChange>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [saving, setSaving] = useState(false);
  const unsent = useRef<ImportChange>({});
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const id = draft.id;

  const send = useCallback(async () => {
    const body = unsent.current;
    if (!Object.keys(body).length) return;
    unsent.current = {};
    try {
      const now = await take(api.PATCH("/api/v1/imports/{import}", { params: { path: { import: id } }, body }));
      queries.setQueryData(importKey(id), now);
      setErrors({});
      if (!Object.keys(unsent.current).length) setTyped({});
    } catch (error) {
      // It goes along with the next change, which may be what mends it.
      unsent.current = { ...body, ...unsent.current };
      if (error instanceof ProblemError && Object.keys(error.fields).length) setErrors(error.fields);
      else tell(error);
    } finally {
      setSaving(false);
    }
  }, [id, queries]);

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    turn.current = turn.current.then(send);
    return turn.current;
  }, [send]);
  useEffect(() => () => void flush(), [flush]);

  const put = (change: ImportChange) => {
    unsent.current = { ...unsent.current, ...change };
    if (rereads.some((k) => k in change)) delete unsent.current.columns;
    setTyped((before) => {
      const next = { ...before, ...change };
      if (rereads.some((k) => k in change)) delete next.columns;
      return next;
    });
    setSaving(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, patience);
  };
  const settings: Settings = { ...draft.settings, ...(typed as Partial<Settings>) };
  if (typed.no_consent) delete settings.consent;
  return { settings, put, errors, saving, flush };
}
export type Draft = ReturnType<typeof useDraft>;
