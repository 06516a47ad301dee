import { createStore } from "zustand/vanilla";
import type { components } from "../../api/schema";

export type Figures = components["schemas"]["Figures"];
export type BlockFigures = components["schemas"]["BlockFigures"];
export type FiguresChange = Partial<Omit<Figures, "campaign">>;

/** The figures after a change: what is the same stays the same object, so that only what moved is drawn again. */
export function changed(old: Figures, change: FiguresChange): Figures {
  const blocks = new Map((change.blocks ?? []).map((b) => [b.id, b]));
  const { blocks: _, ...rest } = change;
  return { ...old, ...rest, blocks: blocks.size ? old.blocks.map((b) => blocks.get(b.id) ?? b) : old.blocks };
}

interface Look {
  at: number;
  sent: number;
  ended: number;
}

const over = 10_000;
const oldest = 120_000;

export const sentOf = (f: Figures): number => f.blocks.reduce((sum, b) => sum + b.sent + (b.redialled ?? 0), 0);
export const endedOf = (f: Figures): number => Object.values(f.endings).reduce((sum, n) => sum + n, 0);

/** The looks that a speed is measured by, with the latest: about the last ten seconds. */
export function looked(looks: readonly Look[], f: Figures, at: number): Look[] {
  let seen = [...looks, { at, sent: sentOf(f), ended: endedOf(f) }];
  const late = (i: number) => at - (seen[i]?.at ?? at);
  while ((seen.length > 1 && late(0) > oldest) || (seen.length > 2 && late(1) >= over)) seen = seen.slice(1);
  return seen;
}

export interface Speed {
  /** Messages a second. */
  sent: number;
  /** Walks that ended, a second. */
  ended: number;
}

/** How fast a campaign goes; null where that is not known yet. */
export function speedOf(looks: readonly Look[]): Speed | null {
  const [first, last] = [looks[0], looks.at(-1)];
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  if (!first || !last || seconds < 1) return null;
  return {
    sent: Math.max(0, (last.sent - first.sent) / seconds),
    ended: Math.max(0, (last.ended - first.ended) / seconds),
  };
}

const longest = 60 * 86_400;

/** In how many seconds the open walks will have ended at this speed; null where that cannot be said. */
export function timeLeft(f: Figures, speed: Speed | null): number | null {
  if (!speed || speed.ended <= 0 || f.open === 0 || !["running", "finishing"].includes(f.state)) return null;
  const seconds = f.open / speed.ended;
  return seconds > longest ? null : Math.ceil(seconds);
}

export interface Live {
  figures: Figures | null;
  looks: Look[];
}

/** The figures of an open page, which components read by parts. */
export const createFigures = () => createStore<Live>()(() => ({ figures: null, looks: [] }));
export type LiveStore = ReturnType<typeof createFigures>;

export function takeFigures(store: LiveStore, event: Figures | FiguresChange, name: string, now: number) {
  store.setState((old) => {
    const figures =
      name === "state" ? (event as Figures) : old.figures ? changed(old.figures, event as FiguresChange) : null;
    return figures ? { figures, looks: looked(old.looks, figures, now) } : old;
  });
}

/** Errors of all blocks by reason, the most frequent first. */
export function errorsOf(f: Figures): { reason: string; count: number; blocks: { id: string; count: number }[] }[] {
  const by = new Map<string, { id: string; count: number }[]>();
  for (const b of f.blocks)
    for (const [reason, count] of Object.entries(b.errors))
      if (count > 0) by.set(reason, [...(by.get(reason) ?? []), { id: b.id, count }]);
  return [...by]
    .map(([reason, blocks]) => ({ reason, blocks, count: blocks.reduce((sum, b) => sum + b.count, 0) }))
    .sort((a, b) => b.count - a.count);
}

export type Ending = "goal" | "completed" | "failed" | "interrupted";
export const endings: Ending[] = ["goal", "completed", "interrupted", "failed"];

/** The stages of a campaign as a funnel: messages from sent to clicked, all blocks together. */
export function funnelOf(f: Figures): { stage: string; count: number }[] {
  const sum = (fact: string) => f.blocks.reduce((all, b) => all + (b.facts[fact] ?? 0), 0);
  const has = (fact: string) => f.blocks.some((b) => b.facts[fact] !== undefined);
  const messages = f.blocks.reduce((all, b) => all + b.sent, 0);
  return [
    { stage: "sent", count: messages },
    { stage: "delivered", count: sum("delivered") + sum("answered") },
    ...["viewed", "clicked", "reply"].filter(has).map((stage) => ({ stage, count: sum(stage) })),
  ];
}
