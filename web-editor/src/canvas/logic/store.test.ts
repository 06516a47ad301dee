import fc from "fast-check";
import { expect, test } from "vitest";
import { empty } from "./document";
import { addBlock, move, nothing, remove } from "./edit";
import { createEditor, redo, undo } from "./store";

const add = (type: string) => (s: Parameters<typeof addBlock>[0]) => addBlock(s, type, "", 0, 0)[0];

test("a drag is one step, however many frames it has", () => {
  const editor = createEditor(empty("cascade", ""));
  const { change, begin, end } = editor.getState();
  change(add("sms"));
  begin();
  for (let x = 10; x <= 300; x += 10) change((s) => move(s, new Map([["sms", { x, y: 0 }]])));
  end();
  expect(editor.getState().scheme.nodes[0]?.x).toBe(300);
  undo(editor);
  expect(editor.getState().scheme.nodes[0]?.x).toBe(0);
  undo(editor);
  expect(editor.getState().scheme.nodes).toEqual([]);
  redo(editor);
  redo(editor);
  expect(editor.getState().scheme.nodes[0]?.x).toBe(300);
});

test("a drag that ends where it began is no step", () => {
  const editor = createEditor(add("sms")(empty("cascade", "")));
  const { change, begin, end } = editor.getState();
  begin();
  end();
  change((s) => s);
  expect(editor.temporal.getState().pastStates).toHaveLength(0);
});

test("undo in the middle of a drag takes the drag back", () => {
  const editor = createEditor(add("sms")(empty("cascade", "")));
  editor.getState().begin();
  editor.getState().change((s) => move(s, new Map([["sms", { x: 70, y: 0 }]])));
  undo(editor);
  expect(editor.getState().scheme.nodes[0]?.x).toBe(0);
  redo(editor);
  expect(editor.getState().scheme.nodes[0]?.x).toBe(70);
});

test("what is gone is not selected any more", () => {
  const editor = createEditor(empty("cascade", ""));
  editor.getState().change(add("sms"));
  editor.getState().select({ ...nothing, blocks: new Set(["sms"]) });
  undo(editor);
  expect(editor.getState().selection.blocks.size).toBe(0);
});

test("a loaded document cannot be undone", () => {
  const editor = createEditor(empty("cascade", "a"));
  editor.getState().change(add("sms"));
  editor.getState().load(empty("cascade", "b"));
  undo(editor);
  expect(editor.getState().scheme.name).toBe("b");
});

test("as many undos as changes lead back to the beginning, and redos forward again, whatever was done", () => {
  const act = fc.oneof(
    fc.record({ do: fc.constant("add" as const), at: fc.nat(9) }),
    fc.record({ do: fc.constant("drag" as const), at: fc.nat(9) }),
    fc.record({ do: fc.constant("remove" as const), at: fc.nat(9) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const start = empty("cascade", "");
      const editor = createEditor(start);
      for (const a of acts) {
        const { change, begin, end, scheme } = editor.getState();
        const id = scheme.nodes[a.at % Math.max(1, scheme.nodes.length)]?.id ?? "";
        if (a.do === "add") change(add("sms"));
        else if (a.do === "remove") change((s) => (id ? remove(s, { ...nothing, blocks: new Set([id]) }) : s));
        else {
          begin();
          for (const x of [50, 90]) change((s) => move(s, new Map([[id, { x: x + a.at * 10, y: 0 }]])));
          end();
        }
      }
      const last = editor.getState().scheme;
      const n = editor.temporal.getState().pastStates.length;
      for (let i = 0; i < n; i++) undo(editor);
      expect(editor.getState().scheme).toBe(start);
      for (let i = 0; i < n; i++) redo(editor);
      expect(editor.getState().scheme).toBe(last);
    }),
  );
});
