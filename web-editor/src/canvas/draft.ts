import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, take } from "../api/client";
import { isProblem, OfflineError, statusOf } from "../api/problem";
import type { components } from "../api/schema";
import type { Scheme } from "./logic/document";
import { createKeeper } from "./logic/keeper";
import { createSaver, type SaveState } from "./logic/saver";
import type { Editor } from "./logic/store";

export type Conflict = components["schemas"]["Conflict"];
export type Draft = components["schemas"]["DraftCheckup"];

const keptAs = (scheme: string) => `kaskad.draft.${scheme}`;
export const etag = (revision: number) => `"${revision}"`;

/** What of a scheme was not saved when its window was closed. */
export function unsaved(scheme: string): { document: Scheme; over: number } | null {
  try {
    const v = JSON.parse(localStorage.getItem(keptAs(scheme)) ?? "null");
    return v && typeof v.over === "number" && Array.isArray(v.document?.nodes) && Array.isArray(v.document?.links)
      ? v
      : null;
  } catch {
    return null;
  }
}

function keep(scheme: string, what: { document: Scheme; over: number } | null) {
  try {
    if (what) localStorage.setItem(keptAs(scheme), JSON.stringify(what));
    else localStorage.removeItem(keptAs(scheme));
  } catch {
    // There is no room on this machine: the draft is in the window still, and is saved to the server.
  }
}

const later = (f: () => void, ms: number) => {
  const timer = setTimeout(f, ms);
  return () => clearTimeout(timer);
};

export const readDraft = (scheme: string) =>
  take(api.GET("/api/v1/schemes/{scheme}/draft", { params: { path: { scheme } } }));

const save = async (scheme: string, document: Scheme, over: number) =>
  (
    await take(
      api.PUT("/api/v1/schemes/{scheme}/draft", {
        params: { path: { scheme }, header: { "If-Match": etag(over) } },
        body: { document: document as never },
      }),
    )
  ).revision;

/** Keeps the draft of an open scheme saved. `base` is what the server has. */
export function useDraft(id: string, base: Scheme, revision: number, editor: Editor, readOnly: boolean) {
  const [state, setState] = useState<{ state: SaveState; revision: number; conflict?: Conflict }>({
    state: "saved",
    revision,
  });
  const first = useRef({ base, revision });
  const [saver, kept] = useMemo(() => {
    const before = unsaved(id);
    const kept = createKeeper<{ document: Scheme; over: number }>({ write: (what) => keep(id, what), later });
    const saver = createSaver<Conflict>(first.current.base, before?.over ?? first.current.revision, {
      save: (document, over) => save(id, document, over),
      judge: (e) => {
        if (isProblem(e) && e.problem.status === 412)
          return { state: "conflict", conflict: e.problem.data as Conflict };
        return { state: e instanceof OfflineError || statusOf(e) === 401 || statusOf(e) >= 500 ? "offline" : "failed" };
      },
      keep: kept.keep,
      // A drag changes at every frame, and its state once.
      tell: (now, revision, conflict) =>
        setState((old) =>
          old.state === now && old.revision === revision && old.conflict === conflict
            ? old
            : { state: now, revision, conflict },
        ),
      later,
    });
    return [saver, kept] as const;
  }, [id]);
  useEffect(() => {
    if (readOnly) return;
    saver.change(editor.getState().scheme);
    const undo = editor.subscribe((s) => saver.change(s.scheme));
    const now = () => void saver.flush();
    window.addEventListener("online", now);
    // Whatever closes the window or puts it away: nothing may come after it.
    window.addEventListener("pagehide", kept.now);
    document.addEventListener("visibilitychange", kept.now);
    return () => {
      undo();
      window.removeEventListener("online", now);
      window.removeEventListener("pagehide", kept.now);
      document.removeEventListener("visibilitychange", kept.now);
      kept.now();
      void saver.flush();
    };
  }, [saver, kept, editor, readOnly]);
  const dirty = state.state !== "saved";
  useEffect(() => {
    if (!dirty) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);
  const flush = useCallback(() => saver.flush(), [saver]);
  return { ...state, flush, resolve: saver.resolve };
}

export type DraftState = ReturnType<typeof useDraft>;
