import { useEffect } from "react";
import type { Actions } from "./actions";
import { useActions } from "./actions";
import { useWorkbench, type Workbench } from "./context";
import { nothing } from "./logic/edit";

const command = /Mac|iPhone|iPad/.test(typeof navigator === "undefined" ? "" : navigator.userAgent) ? "⌘" : "Ctrl";

/** The sheet of keys: what, and by which. */
export const sheet: readonly (readonly [string, ...string[]])[] = [
  ["undo", command, "Z"],
  ["redo", command, "Shift", "Z"],
  ["copy", command, "C"],
  ["cut", command, "X"],
  ["paste", command, "V"],
  ["duplicate", command, "D"],
  ["all", command, "A"],
  ["remove", "Delete"],
  ["nudge", "← ↑ → ↓"],
  ["next", "Tab"],
  ["add", "Enter"],
  ["find", command, "F"],
  ["arrange", "Shift", "L"],
  ["fit", "Shift", "1"],
  ["many", "Shift", "…"],
  ["keys", "?"],
];

/** Typing in a field, or a dialog, is not for the canvas. */
const elsewhere = (e: Event) =>
  e.target instanceof HTMLElement &&
  (e.target.isContentEditable ||
    e.target.closest("input, textarea, select, [role=dialog], [role=menu], [role=listbox]") !== null);

/** What a key does, or nothing: read by its place on the keyboard, so that it works in a Russian layout as well. */
function pressed(e: KeyboardEvent, w: Workbench, act: Actions): (() => void) | null {
  const ctrl = e.ctrlKey || e.metaKey;
  const reads: Record<string, () => void> = {
    "c+KeyA": act.all,
    "c+KeyF": () => w.ui.setState({ question: { ask: "find" } }),
    "s+Digit1": w.view.fit,
  };
  const writes: Record<string, () => void> = {
    "c+KeyZ": act.undo,
    "c+s+KeyZ": act.redo,
    "c+KeyY": act.redo,
    "c+KeyD": act.duplicate,
    "s+KeyL": act.arrange,
    Delete: act.remove,
    Backspace: act.remove,
    ...arrows(act, e.shiftKey ? 50 : 10, e.shiftKey ? "s+" : ""),
  };
  const key = `${ctrl ? "c+" : ""}${e.shiftKey ? "s+" : ""}${e.code}`;
  if (!ctrl && e.key === "?") return () => w.ui.setState({ question: { ask: "keys" } });
  return reads[key] ?? (w.readOnly ? null : (writes[key] ?? null));
}

const arrows = (act: Actions, step: number, prefix: string) => ({
  [`${prefix}ArrowLeft`]: () => act.nudge(-step, 0),
  [`${prefix}ArrowRight`]: () => act.nudge(step, 0),
  [`${prefix}ArrowUp`]: () => act.nudge(0, -step),
  [`${prefix}ArrowDown`]: () => act.nudge(0, step),
});

function onKey(e: KeyboardEvent, w: Workbench, act: Actions) {
  if (elsewhere(e) || e.defaultPrevented) return;
  const { selection, scheme, select } = w.editor.getState();
  if (e.key === "Escape") return select(nothing);
  const onCanvas =
    e.target === document.body || (e.target instanceof HTMLElement && e.target.closest("[data-canvas]") !== null);
  if (
    e.key === "Enter" &&
    onCanvas &&
    selection.blocks.size === 1 &&
    !w.readOnly &&
    !(e.target instanceof HTMLButtonElement)
  ) {
    e.preventDefault();
    return w.ui.setState({ question: { ask: "block", from: [...selection.blocks][0] } });
  }
  // On the canvas itself Tab goes from block to block; past the last one it leaves the canvas.
  if (e.key === "Tab" && e.target instanceof HTMLElement && e.target.matches("[data-canvas]")) {
    const at = scheme.nodes.findIndex((n) => selection.blocks.has(n.id));
    const next = scheme.nodes[at + (e.shiftKey ? -1 : 1)];
    if (!next || (e.shiftKey && at < 0)) return;
    e.preventDefault();
    return act.show(next.id);
  }
  const f = pressed(e, w, act);
  if (!f) return;
  e.preventDefault();
  f();
}

/** The keyboard and the clipboard of an open scheme. */
export function useKeys() {
  const w = useWorkbench();
  const act = useActions();
  useEffect(() => {
    const key = (e: KeyboardEvent) => onKey(e, w, act);
    const copy = (e: ClipboardEvent) => {
      const text = !elsewhere(e) && !document.getSelection()?.toString() ? act.copied() : null;
      if (!text) return;
      e.preventDefault();
      e.clipboardData?.setData("text/plain", text);
      if (e.type === "cut" && !w.readOnly) act.remove();
    };
    const paste = (e: ClipboardEvent) => {
      if (elsewhere(e) || w.readOnly) return;
      if (act.paste(e.clipboardData?.getData("text/plain") ?? "")) e.preventDefault();
    };
    window.addEventListener("keydown", key);
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("keydown", key);
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", paste);
    };
  }, [w, act]);
}
