import { type TemporalState, temporal } from "zundo";
import { createStore } from "zustand/vanilla";
import type { Scheme } from "./document";
import { nothing, type Selection } from "./edit";

export interface EditorState {
  scheme: Scheme;
  selection: Selection;
  /** Changes the document; the same document again is no change, and no step of undo. */
  change(edit: (s: Scheme) => Scheme): void;
  select(chosen: Selection): void;
  /** Takes another document in, from the server for instance; that cannot be undone into. */
  load(scheme: Scheme): void;
  /** Between begin and end everything is one step of undo: a drag, or typing in a field. */
  begin(): void;
  end(): void;
}

const steps = 500;

/** The state of an open scheme. Undo knows the document alone: what is selected is not worth a step. */
export function createEditor(scheme: Scheme) {
  const store = createStore<EditorState>()(
    temporal(
      (set, get) => {
        let before: Scheme | null = null;
        return {
          scheme,
          selection: nothing,
          change(edit) {
            const next = edit(get().scheme);
            if (next !== get().scheme) set({ scheme: next, selection: kept(get().selection, next) });
          },
          select(selection) {
            set({ selection });
          },
          load(next) {
            before = null;
            history().resume();
            set({ scheme: next, selection: nothing });
            history().clear();
          },
          begin() {
            if (before) return;
            before = get().scheme;
            history().pause();
          },
          end(): void {
            if (!before) return;
            const [from, to] = [before, get().scheme];
            before = null;
            if (from === to) {
              history().resume();
              return;
            }
            // What was seen meanwhile was not recorded: go back unseen, and forward once, recorded.
            set({ scheme: from });
            history().resume();
            set({ scheme: to });
          },
        };
      },
      {
        limit: steps,
        partialize: (s) => ({ scheme: s.scheme }),
        equality: (a, b) => a.scheme === b.scheme,
      },
    ),
  );
  function history(): TemporalState<{ scheme: Scheme }> {
    return store.temporal.getState();
  }
  return store;
}

export type Editor = ReturnType<typeof createEditor>;

export function undo(editor: Editor) {
  editor.getState().end();
  editor.temporal.getState().undo();
  tidy(editor);
}

export function redo(editor: Editor) {
  editor.getState().end();
  editor.temporal.getState().redo();
  tidy(editor);
}

/** A selection of what is not there any more would be acted on by the next key. */
function tidy(editor: Editor) {
  const { selection, scheme, select } = editor.getState();
  const next = kept(selection, scheme);
  if (next !== selection) select(next);
}

function kept(selection: Selection, scheme: Scheme): Selection {
  const only = (chosen: ReadonlySet<string>, there: readonly { id: string }[]) => {
    if (!chosen.size) return chosen;
    const ids = new Set(there.map((x) => x.id));
    const left = [...chosen].filter((id) => ids.has(id));
    return left.length === chosen.size ? chosen : new Set(left);
  };
  const next = {
    blocks: only(selection.blocks, scheme.nodes),
    links: only(selection.links, scheme.links),
    notes: only(selection.notes, scheme.editor?.notes ?? []),
  };
  const same = next.blocks === selection.blocks && next.links === selection.links && next.notes === selection.notes;
  return same ? selection : next;
}
