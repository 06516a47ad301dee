import { autocompletion, type CompletionContext, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { styleNonce } from "../../app/nonce";
import { placeIn, stretch } from "../logic/place";
import { expressionLanguage, functions, keywords } from "./language";

export interface CodeProps {
  label: string;
  value: string;
  set: (v: string) => void;
  error?: string;
  readOnly?: boolean;
  hint?: string;
  /** What may be spoken of, with its name for people. */
  variables: readonly { name: string; title: string }[];
}

const look = HighlightStyle.define([
  { tag: tags.string, color: "light-dark(#0b6b3a, #7bd8a5)" },
  { tag: tags.number, color: "light-dark(#9a3412, #ffb38a)" },
  { tag: tags.keyword, color: "light-dark(#7a1fa2, #d6a6ff)" },
  { tag: tags.function(tags.variableName), color: "light-dark(#0b4f9e, #8ec5ff)" },
  { tag: tags.operator, color: "light-dark(#5c3b00, #ffd479)" },
]);

const frame = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "transparent", color: "var(--mantine-color-text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "monospace", padding: "7px 0", caretColor: "var(--mantine-color-text)" },
  ".cm-line": { padding: "0 10px" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  ".cm-scroller": { maxHeight: "180px", overflow: "auto" },
  ".cm-placeholder": { color: "var(--mantine-color-dimmed)" },
  ".cm-tooltip": {
    backgroundColor: "var(--mantine-color-body)",
    color: "var(--mantine-color-text)",
    border: "1px solid var(--mantine-color-default-border)",
    borderRadius: "6px",
    maxWidth: "320px",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--mantine-color-indigo-7)",
    color: "#fff",
  },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.85" },
});

/** Offers what may be said at the cursor. */
function complete(variables: CodeProps["variables"]) {
  return (at: CompletionContext) => {
    const word = at.matchBefore(/[\p{L}_][\p{L}\p{N}_.]*/u);
    if (!word && !at.explicit) return null;
    const inside = at.state.sliceDoc(0, at.pos).replace(/"(?:[^"\\]|\\.)*"/g, "");
    if (inside.includes('"')) return null;
    return {
      from: word?.from ?? at.pos,
      options: [
        ...variables.map((v) => ({
          label: v.name,
          detail: v.title === v.name ? "" : v.title,
          type: "variable",
          boost: 2,
        })),
        ...functions.map((f) => ({ label: f, apply: `${f}(`, type: "function" })),
        ...keywords.map((k) => ({ label: k, type: "keyword" })),
      ],
      validFor: /^[\p{L}\p{N}_.]*$/u,
    };
  };
}

/**
 * What is typed over a selection is put in here: Chromium itself would keep the colours of what was there by an inline style,
 * which the page's policy forbids.
 */
function typeOver(e: InputEvent, view: EditorView): boolean {
  if (e.inputType !== "insertText" || !e.data || view.state.selection.main.empty || view.state.readOnly) return false;
  e.preventDefault();
  view.dispatch(view.state.replaceSelection(e.data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

/** A field for expressions. It is a module of its own: whoever opens none does not load it. */
export default function CodeArea(p: CodeProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const now = useRef(p);
  now.current = p;
  const changing = useRef({ variables: new Compartment(), rights: new Compartment() });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the field is made once; what changes later is put into it below
  useEffect(() => {
    if (!box.current) return;
    const { variables, rights } = changing.current;
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: p.value,
        extensions: [
          history(),
          bracketMatching(),
          closeBrackets(),
          StreamLanguage.define(expressionLanguage),
          syntaxHighlighting(look),
          frame,
          EditorView.lineWrapping,
          EditorView.cspNonce.of(styleNonce()),
          EditorView.contentAttributes.of({ "aria-label": p.label, spellcheck: "false" }),
          placeholder(p.hint ?? ""),
          // Tab leaves the field, as it leaves any other.
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          variables.of(autocompletion({ override: [complete(p.variables)] })),
          rights.of(EditorState.readOnly.of(p.readOnly === true)),
          EditorView.domEventHandlers({ beforeinput: typeOver }),
          EditorView.updateListener.of((u) => {
            const text = u.state.doc.toString();
            if (u.docChanged && text !== now.current.value) now.current.set(text);
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const v = view.current;
    if (!v || v.state.doc.toString() === p.value) return;
    v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: p.value } });
  }, [p.value]);
  useEffect(() => {
    const { variables, rights } = changing.current;
    view.current?.dispatch({
      effects: [
        variables.reconfigure(autocompletion({ override: [complete(p.variables)] })),
        rights.reconfigure(EditorState.readOnly.of(p.readOnly === true)),
      ],
    });
  }, [p.variables, p.readOnly]);
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    const text = v.state.doc.toString();
    const at = p.error ? placeIn(p.error) : null;
    const all = p.error && at && text ? [{ ...stretch(text, at), severity: "error" as const, message: p.error }] : [];
    v.dispatch(setDiagnostics(v.state, all));
  }, [p.error]);
  return <div ref={box} data-code />;
}
