import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, take } from "../../api/client";
import { OfflineError, ProblemError, statusOf } from "../../api/problem";
import { tell } from "../../parts/tell";
import { type Campaign, campaignKey, campaignsKey } from "../campaigns/model";
import { type Change, changeOf, type Terms, termsIn, withoutWrong } from "./terms";

export type Saving = "saved" | "waiting" | "saving" | "offline" | "wrong";

const pause = 500;
const keptAs = (id: string) => `kaskad.campaign.${id}`;

/** What of a campaign's terms was typed and not saved when the window was closed. */
function kept(id: string): Partial<Terms> | null {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(keptAs(id)) ?? "null");
    return v && typeof v === "object" ? (v as Partial<Terms>) : null;
  } catch {
    return null;
  }
}

function keep(id: string, what: Terms | null) {
  try {
    if (what) localStorage.setItem(keptAs(id), JSON.stringify(what));
    else localStorage.removeItem(keptAs(id));
  } catch {
    // There is no room on this machine: it is in the window still, and is saved to the server.
  }
}

const send = (campaign: string, body: Change) =>
  take(api.PATCH("/api/v1/campaigns/{campaign}", { params: { path: { campaign } }, body }));

const wait = (f: () => void, ms: number) => {
  const timer = setTimeout(f, ms);
  return () => clearTimeout(timer);
};

/** The terms of a draft while they are filled in: saved shortly after each change, errors by field, nothing lost. */
export function useTerms(c: Campaign) {
  const queries = useQueryClient();
  const [terms, setTerms] = useState<Terms>(() => ({ ...termsIn(c), ...kept(c.id) }));
  const [saved, setSaved] = useState<Terms>(() => termsIn(c));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [state, setState] = useState<Saving>("saved");
  const latest = useRef({ terms, saved });
  latest.current.terms = terms;
  const flight = useRef<Promise<boolean>>(Promise.resolve(true));

  const put = useCallback(
    async (change: Change, now: Terms) => {
      const made = await send(c.id, change);
      const part = Object.fromEntries(Object.keys(change).map((k) => [k, now[k as keyof Terms]]));
      latest.current.saved = { ...latest.current.saved, ...part };
      setSaved(latest.current.saved);
      queries.setQueryData(campaignKey(c.id), made);
      void queries.invalidateQueries({ queryKey: campaignsKey, refetchType: "none" });
    },
    [c.id, queries],
  );

  const save = useCallback(async (): Promise<boolean> => {
    const now = latest.current.terms;
    const change = changeOf(latest.current.saved, now);
    if (!change) {
      setErrors({});
      setState("saved");
      keep(c.id, null);
      return true;
    }
    setState("saving");
    try {
      await put(change, now);
      return await save();
    } catch (error) {
      setState(error instanceof OfflineError || statusOf(error) === 401 ? "offline" : "wrong");
      if (!(error instanceof ProblemError)) return false;
      setErrors(error.fields);
      if (!Object.keys(error.fields).length) {
        if (error.problem.status !== 401) tell(error);
        return false;
      }
      const rest = withoutWrong(change, Object.keys(error.fields));
      // What is told of the rest comes to light once the first mistakes are mended.
      if (rest) await put(rest, now).catch(() => undefined);
      return false;
    }
  }, [c.id, put]);

  const flush = useCallback(() => {
    flight.current = flight.current.then(save, save);
    return flight.current;
  }, [save]);

  useEffect(() => {
    if (!changeOf(latest.current.saved, terms)) {
      setErrors({});
      setState("saved");
      keep(c.id, null);
      return;
    }
    keep(c.id, terms);
    setState("waiting");
    return wait(() => void flush(), pause);
  }, [terms, c.id, flush]);

  useEffect(() => {
    const again = () => void flush();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [flush]);

  const dirty = state !== "saved";
  useEffect(() => {
    if (!dirty) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);

  const set = useCallback((part: Partial<Terms>) => setTerms((old) => ({ ...old, ...part })), []);
  return { terms, saved, errors, state, set, replace: setTerms, flush };
}

export type TermsState = ReturnType<typeof useTerms>;
