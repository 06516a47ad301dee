import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../api/client";
import { useEditor, useUi, useWorkbench } from "../canvas/context";
import { blockOf, type Scheme } from "../canvas/logic/document";
import type { Marks } from "../canvas/ui";
import {
  asWalk,
  type Happening,
  nextInstant,
  type Script,
  type Setting,
  scriptOf,
  settingOf,
  type Trial,
  upTo,
  type Walk,
} from "./walk";

const simulate = async (document: Scheme, script: Script): Promise<Walk | null> =>
  asWalk(await take(api.POST("/api/v1/simulate", { body: { document: document as never, script: script as never } })));

const blank: Trial = { events: [], now: 0 };

/** The trial of an open scheme: walked anew, from its beginning, after whatever was changed. */
export function useTrial() {
  const w = useWorkbench();
  const queries = useQueryClient();
  const { i18n } = useTranslation();
  const scheme = useEditor((s) => s.scheme);
  const kept = useUi((u) => u.trial);
  const setting = kept && !kept.editing ? kept.setting : null;
  const trial = kept?.now ?? blank;
  const ask = (events: readonly Happening[], by: Setting | null = setting) => ({
    queryKey: ["simulate", i18n.language, by, events, scheme],
    queryFn: () => (by ? simulate(scheme, scriptOf(by, events)) : null),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  const walk = useQuery({ ...ask(trial.events), enabled: setting !== null, placeholderData: keepPreviousData });
  const found = walk.isError ? null : (walk.data ?? null);
  const seen = useMemo(() => (found ? upTo(found, trial.now) : null), [found, trial.now]);
  useMarks(seen);

  const put = (now: Trial) =>
    w.ui.setState(({ trial: t }) => ({ trial: t && { ...t, past: [...t.past, t.now], now } }));
  /** Something happens; false where the engine says that it cannot. */
  const happen = async (e: Happening): Promise<boolean> => {
    const events = [...trial.events, e];
    const next = await queries.fetchQuery(ask(events));
    const same = JSON.stringify(e);
    if (!next || next.unused.some((u) => JSON.stringify(u) === same)) return false;
    put({ ...trial, events });
    return true;
  };
  return {
    setting,
    trial,
    walk,
    found,
    seen,
    next: found ? nextInstant(found, trial.now, scheme, trial.events) : null,
    start: (by: Setting) =>
      w.ui.setState({
        trial: { setting: by, editing: false, past: [], now: { events: [], now: Date.parse(by.start) } },
      }),
    change: () => w.ui.setState({ trial: kept && { ...kept, editing: true } }),
    /** Shows a walk that was kept, to its end. */
    load: (script: Script, zone: string) => {
      const by = settingOf(script, zone);
      const now = Date.parse("2999-01-01T00:00:00Z");
      w.ui.setState({ trial: { setting: by, editing: false, past: [], now: { events: script.events ?? [], now } } });
    },
    wait: (until: number) => put({ ...trial, now: until }),
    happen,
    back: kept?.past.length
      ? () => {
          const past = kept.past.slice(0, -1);
          w.ui.setState({ trial: { ...kept, past, now: kept.past.at(-1) ?? kept.now } });
        }
      : null,
    again: () => {
      const first = { events: [], now: Date.parse(setting?.start ?? "") };
      if (setting) w.ui.setState({ trial: { setting, editing: false, past: [], now: first } });
    },
    block: (id: string) => blockOf(scheme, id),
    scheme,
  };
}

export type TrialState = ReturnType<typeof useTrial>;

/** Lights up on the canvas what was walked, for as long as the panel is there. */
function useMarks(seen: ReturnType<typeof upTo> | null) {
  const { ui } = useWorkbench();
  useEffect(() => {
    const blocks: [string, "walked" | "present"][] = (seen?.done ?? []).map((s) => [s.node, "walked"]);
    if (seen?.present) blocks.push([seen.present.node, "present"]);
    const links = (seen?.done ?? []).flatMap((s) => (s.link ? [[s.link, "walked"] as const] : []));
    const marks: Marks | null = seen ? { blocks: new Map(blocks), links: new Map(links) } : null;
    ui.setState({ marks });
    return () => ui.setState({ marks: null });
  }, [seen, ui]);
}
