import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { Mapper } from "./flow";
import type { Block } from "./logic/document";
import type { Outcome } from "./logic/outcomes";
import type { Editor, EditorState } from "./logic/store";
import type { BlockType, Finding } from "./types";
import type { createUi, Place, Question, Ui } from "./ui";

/** What the parts of an open scheme share. */
export interface Workbench {
  editor: Editor;
  ui: ReturnType<typeof createUi>;
  types: ReadonlyMap<string, BlockType>;
  mapper: Mapper;
  /** Nothing can be changed: it is archived, or the role does not allow it. */
  readOnly: boolean;
  /** What the canvas can do once it is there. */
  view: { centre: () => Place; show: (ids: string[]) => void; fit: () => void };
}

const Context = createContext<Workbench | null>(null);
export const WorkbenchProvider = Context.Provider;

export function useWorkbench(): Workbench {
  const w = useContext(Context);
  if (!w) throw new Error("there is no open scheme here");
  return w;
}

/** A part of the editor's state; the component is drawn again only when that part changes. */
export function useEditor<T>(part: (s: EditorState) => T): T {
  return useStore(useWorkbench().editor, part);
}

export function useUi<T>(part: (s: Ui) => T): T {
  return useStore(useWorkbench().ui, part);
}

export function useAsk() {
  const { ui } = useWorkbench();
  return (question: Question | null) => ui.setState({ question });
}

export const fixedOutcomes = (types: Workbench["types"], b: Block): readonly Outcome[] =>
  types.get(b.type)?.outcomes ?? [];

/** The worst of the findings of a block or link, which changes only when that does. */
export function worst(findings: readonly Finding[], what: "node" | "link", id: string): Finding["severity"] | null {
  let out: Finding["severity"] | null = null;
  for (const f of findings) {
    if (f[what] !== id && !(what === "node" && f.nodes?.includes(id))) continue;
    if (f.severity === "error") return "error";
    out = f.severity;
  }
  return out;
}
