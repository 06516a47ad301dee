import { MantineProvider } from "@mantine/core";
import { act, render } from "@testing-library/react";
import { ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { memo } from "react";
import { expect, test } from "vitest";
import { useStore } from "zustand";
import { useWorkbench, type Workbench, WorkbenchProvider } from "./context";
import { type CanvasNode, type LinkEdge, mapper } from "./flow";
import { empty, type Scheme } from "./logic/document";
import { addBlock, addLink, changeBlock, move } from "./logic/edit";
import { createEditor } from "./logic/store";
import { createUi } from "./ui";

const counts = new Map<string, number>();
const Counted = memo(function Counted({ id }: { id: string }) {
  counts.set(id, (counts.get(id) ?? 0) + 1);
  return null;
});
const nodeTypes = { block: Counted };

function many(n: number): Scheme {
  let s = empty("cascade", "");
  for (let i = 0; i < n; i++) s = addBlock(s, "sms", "", 300 * (i % 20), 200 * Math.floor(i / 20))[0];
  for (let i = 1; i < n; i++)
    s = addLink(s, { from: s.nodes[i - 1]?.id ?? "", to: s.nodes[i]?.id ?? "", type: "status", value: "delivered" })[0];
  return s;
}

function Drawing() {
  const { editor, mapper } = useWorkbench();
  const { scheme, selection } = useStore(editor);
  return (
    <ReactFlow<CanvasNode, LinkEdge>
      nodes={mapper.nodes(scheme, selection)}
      edges={mapper.edges(scheme, selection)}
      nodeTypes={nodeTypes}
      width={800}
      height={600}
    />
  );
}

test("a drag among 500 blocks draws again only what moves", () => {
  const editor = createEditor(many(500));
  const bench: Workbench = {
    editor,
    ui: createUi(),
    types: new Map(),
    mapper: mapper(),
    readOnly: false,
    view: { centre: () => ({ x: 0, y: 0 }), show: () => {}, fit: () => {} },
  };
  render(
    <MantineProvider>
      <WorkbenchProvider value={bench}>
        <ReactFlowProvider>
          <Drawing />
        </ReactFlowProvider>
      </WorkbenchProvider>
    </MantineProvider>,
  );
  expect(counts.size).toBe(500);
  counts.clear();
  const moved = editor.getState().scheme.nodes[7]?.id ?? "";
  act(() => editor.getState().begin());
  for (let x = 10; x <= 100; x += 10)
    act(() => editor.getState().change((s) => move(s, new Map([[moved, { x, y: 5 }]]))));
  act(() => editor.getState().end());
  expect([...counts.keys()].filter((id) => id !== moved)).toEqual([]);
  counts.clear();
  act(() => editor.getState().change((s) => changeBlock(s, moved, { name: "Another" })));
  expect([...counts.keys()]).toEqual([moved]);
});

test("what did not change is the same object for React Flow", () => {
  const flow = mapper();
  const s = many(3);
  const none = { blocks: new Set<string>(), links: new Set<string>(), notes: new Set<string>() };
  const [before, edges] = [flow.nodes(s, none), flow.edges(s, none)];
  const next = move(s, new Map([["sms2", { x: 1000, y: 0 }]]));
  const after = flow.nodes(next, none);
  expect(after.map((n, i) => n === before[i])).toEqual([true, false, true]);
  expect(flow.edges(next, none)).toEqual(edges);
  expect(flow.edges(next, none).every((e, i) => e === edges[i])).toBe(true);
});

test("blocks and links that a scope does not show are left out, but for what is selected", () => {
  const flow = mapper();
  const s = many(60);
  const none = { blocks: new Set<string>(), links: new Set<string>(), notes: new Set<string>() };
  const all = flow.nodes(s, none);
  expect(flow.edges(s, none)).toHaveLength(59);
  for (const n of all) flow.measured(n.id, { width: 220, height: 84 });
  // The first two blocks of the first row, and a little of the second one.
  const scope = { far: false, part: { left: 0, top: 0, right: 350, bottom: 100 } };
  const near = flow.nodes(s, none, scope);
  expect(near.filter((n) => !n.hidden).map((n) => n.id)).toEqual(all.slice(0, 2).map((n) => n.id));
  expect(flow.nodes(s, none, scope).every((n, i) => n === near[i])).toBe(true);
  // The third link leads past there, from the end of the first row to the beginning of the second.
  expect(flow.edges(s, none, scope).map((e) => e.source)).toEqual([0, 1, 19].map((i) => all[i]?.id));
  const last = all.at(-1)?.id ?? "";
  expect(flow.nodes(s, { ...none, blocks: new Set([last]) }, scope).at(-1)?.hidden).toBe(false);
  // From afar no link is React Flow's but a selected one.
  const chosen = s.links[30]?.id ?? "";
  const far = { far: true, part: null };
  expect(flow.edges(s, { ...none, links: new Set([chosen]) }, far).map((e) => e.id)).toEqual([chosen]);
  expect(flow.nodes(s, none, far).every((n) => !n.hidden)).toBe(true);
});
