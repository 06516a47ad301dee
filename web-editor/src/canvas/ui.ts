import { createStore } from "zustand/vanilla";
import type { Setting, Trial } from "../tryit/walk";
import type { Finding } from "./types";

/** What a palette's block is carried as. */
export const carried = "application/x-kaskad-block";

export interface Place {
  x: number;
  y: number;
}

/** What is asked just now, over the canvas. */
export type Question =
  /** Which outcome a new link takes; `change`: the outcome of a drawn link. */
  | { ask: "link"; from: string; to: string; change?: string }
  /** Which block follows, by which outcome. `at`: where it was dropped. `insert`: the link that it goes into. */
  | { ask: "block"; from?: string; at?: Place; insert?: string }
  | { ask: "publish" }
  | { ask: "keys" }
  | { ask: "find" };

/** What a block or link is coloured for: a walk that went there, or what became of it between two versions. */
export type Mark = "walked" | "present" | "added" | "removed" | "changed";

export interface Marks {
  blocks: ReadonlyMap<string, Mark>;
  links: ReadonlyMap<string, Mark>;
}

export interface Ui {
  question: Question | null;
  findings: Finding[];
  /** The list of findings is open. */
  listed: boolean;
  view: "canvas" | "list";
  /** The palette, where it is no column of its own. */
  palette: boolean;
  /** The settings were closed for this block. */
  closed: string;
  /** The scheme is being tried; kept when the panel is closed for a moment. */
  trying: false | "walk" | "tests";
  trial: { setting: Setting; editing: boolean; past: Trial[]; now: Trial } | null;
  marks: Marks | null;
}

export function createUi() {
  return createStore<Ui>()(() => ({
    question: null,
    findings: [],
    listed: false,
    view: "canvas",
    palette: false,
    closed: "",
    trying: false,
    trial: null,
    marks: null,
  }));
}
