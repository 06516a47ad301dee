import "@xyflow/react/dist/style.css";
import { Paper, Text, useComputedColorScheme } from "@mantine/core";
import {
  ConnectionMode,
  Controls,
  type EdgeChange,
  type FinalConnectionState,
  type NodeChange,
  ReactFlow,
  type ReactFlowProps,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, memo, useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Actions, useActions } from "./actions";
import { BlockCard } from "./BlockCard";
import { CameraContext, useCamera, useScope } from "./camera";
import classes from "./canvas.module.css";
import { useEditor, useWorkbench } from "./context";
import { Dots } from "./Dots";
import { FarLinks } from "./FarLinks";
import type { CanvasNode, LinkEdge } from "./flow";
import { LabelPlace, LinkLine } from "./LinkLine";
import { move, type Selection } from "./logic/edit";
import { loop } from "./logic/graph";
import { NoteCard } from "./NoteCard";
import { Overview } from "./Overview";
import { carried } from "./ui";

const nodeTypes = { block: BlockCard, note: NoteCard };
const edgeTypes = { link: LinkLine };
const grid: [number, number] = [10, 10];
// What is not drawn just now belongs to the drawing, too.
const fitting = { maxZoom: 1, padding: 0.15, includeHiddenNodes: true };
const several = ["Control", "Meta"];
const bare = { hideAttribution: true };
/** Above so many blocks not everything is drawn always: see Scope. */
const many = 150;

export const Canvas = memo(function Canvas() {
  return (
    <ReactFlowProvider>
      <Drawing />
    </ReactFlowProvider>
  );
});

function Drawing() {
  const w = useWorkbench();
  const { t } = useTranslation();
  const act = useActions();
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const look = useComputedColorScheme("light");
  const scheme = useEditor((s) => s.scheme);
  const selection = useEditor((s) => s.selection);
  const [measured, remeasure] = useReducer((n: number) => n + 1, 0);
  const { camera, props: seen } = useCamera(box);
  const scope = useScope(camera, scheme.nodes.length > many);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a measured node is another one
  const nodes = useMemo(
    () => w.mapper.nodes(scheme, selection, scope.blocks),
    [w.mapper, scheme, selection, scope.blocks, measured],
  );
  const edges = useMemo(
    () => w.mapper.edges(scheme, selection, scope.links),
    [w.mapper, scheme, selection, scope.links],
  );
  const place = useLabelPlace(box);
  useView(box);

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      if (applyNodes(w, changes)) remeasure();
    },
    [w],
  );
  const hands = useHands(w, act);
  const said = useMemo(() => labels(t), [t]);
  const onDrop = (e: DragEvent) => {
    const type = e.dataTransfer.getData(carried);
    if (!type) return;
    e.preventDefault();
    const line = lineAt(e.clientX, e.clientY);
    if (line) return act.insert(type, line);
    const at = flow.screenToFlowPosition({ x: e.clientX, y: e.clientY });
    act.addBlock(type, { x: at.x - 110, y: at.y - 30 });
  };
  return (
    <div
      ref={box}
      className={classes.canvas}
      role="application"
      aria-label={t("canvas.label")}
      data-far={scope.blocks.far || undefined}
    >
      <LabelPlace value={place}>
        <CameraContext value={camera}>
          <ReactFlow<CanvasNode, LinkEdge>
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            onNodesChange={onNodesChange}
            {...hands}
            onDragOver={(e) => e.preventDefault()}
            onDrop={onDrop}
            nodesDraggable={!w.readOnly}
            nodesConnectable={!w.readOnly}
            edgesReconnectable={!w.readOnly}
            deleteKeyCode={null}
            selectionKeyCode="Shift"
            multiSelectionKeyCode={several}
            selectionMode={SelectionMode.Partial}
            connectionMode={ConnectionMode.Strict}
            connectionRadius={30}
            snapToGrid
            snapGrid={grid}
            minZoom={0.1}
            maxZoom={2}
            fitView
            fitViewOptions={fitting}
            {...seen}
            colorMode={look}
            disableKeyboardA11y
            proOptions={bare}
            ariaLabelConfig={said}
          >
            <Dots />
            <Controls showInteractive={false} fitViewOptions={fitting} position="bottom-left" />
            <Overview />
            {scope.blocks.far && <FarLinks />}
          </ReactFlow>
        </CameraContext>
      </LabelPlace>
      {scheme.nodes.length === 0 && (
        <Paper className={classes.hint} p="md" radius="md">
          <Text c="dimmed" ta="center">
            {t(w.readOnly ? "canvas.emptyRead" : "canvas.empty")}
          </Text>
        </Paper>
      )}
    </div>
  );
}

const labels = (t: (key: string) => string) => ({
  "controls.ariaLabel": t("canvas.controls.label"),
  "controls.zoomIn.ariaLabel": t("canvas.controls.in"),
  "controls.zoomOut.ariaLabel": t("canvas.controls.out"),
  "controls.fitView.ariaLabel": t("canvas.controls.fit"),
  "node.a11yDescription.default": t("canvas.nodeHint"),
  "edge.a11yDescription.default": t("canvas.edgeHint"),
});

type W = ReturnType<typeof useWorkbench>;

/**
 * What happens when hands do something to the drawing. They are the same functions at every drawing: each that is not makes React
 * Flow tell all blocks and links of it, and draw every link again.
 */
function useHands(w: W, act: Actions) {
  const { screenToFlowPosition } = useReactFlow();
  return useMemo(() => {
    let reconnecting = false;
    const { begin, end } = w.editor.getState();
    return {
      onEdgesChange: (changes) => applyEdges(w, changes),
      onConnect: (c) => act.connect(c.source, c.target),
      onReconnectStart: () => {
        reconnecting = true;
      },
      // The end of a drawn link that is moved ends a connection as well: that one asks nothing.
      onConnectEnd: (e, state) => {
        if (!reconnecting) connectEnd(w, act, e, state, screenToFlowPosition);
      },
      isValidConnection: (c) => !loop(w.editor.getState().scheme, c.source, c.target),
      onReconnectEnd: (e, old, fixed, state) => {
        reconnecting = false;
        // An end that is dropped on a block's body counts as one on its inlet.
        const node = state.isValid ? null : blockUnder(e);
        if (node && fixed === "source") act.reconnect(old.id, old.source, node);
        else if (node) act.reconnect(old.id, node, old.target);
      },
      onReconnect: (old, c) => act.reconnect(old.id, c.source, c.target),
      onNodeDragStart: begin,
      onNodeDragStop: (e, node, all) => dragStop(w, act, e, node, all.length),
      onSelectionDragStart: begin,
      onSelectionDragStop: end,
      onEdgeDoubleClick: (_, edge) => {
        if (!w.readOnly)
          w.ui.setState({ question: { ask: "link", from: edge.source, to: edge.target, change: edge.id } });
      },
    } satisfies ReactFlowProps<CanvasNode, LinkEdge>;
  }, [w, act, screenToFlowPosition]);
}

/** Where labels of links are drawn, once that is there. */
function useLabelPlace(box: React.RefObject<HTMLDivElement | null>): Element | null {
  const [place, setPlace] = useState<Element | null>(null);
  useEffect(() => setPlace(box.current?.querySelector(".react-flow__edgelabel-renderer") ?? null), [box]);
  return place;
}

/** Lends the rest of the application what only the canvas can do. */
function useView(box: React.RefObject<HTMLDivElement | null>) {
  const w = useWorkbench();
  const flow = useReactFlow();
  useEffect(() => {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const duration = still ? 0 : 300;
    w.view.centre = () => {
      const r = box.current?.getBoundingClientRect();
      return flow.screenToFlowPosition(r ? { x: r.left + r.width / 2, y: r.top + r.height / 2 } : { x: 0, y: 0 });
    };
    w.view.show = (ids) => void flow.fitView({ ...fitting, nodes: ids.map((id) => ({ id })), duration, padding: 0.4 });
    w.view.fit = () => void flow.fitView({ ...fitting, duration });
  }, [w, flow, box]);
}

/** Takes over what React Flow did with nodes; true where something was measured. */
function applyNodes(w: W, changes: NodeChange<CanvasNode>[]): boolean {
  const to = new Map<string, { x: number; y: number }>();
  const chosen = new Map<string, boolean>();
  let measured = false;
  for (const c of changes) {
    if (c.type === "position" && c.position) to.set(c.id.replace(/^note:/, ""), c.position);
    else if (c.type === "select") chosen.set(c.id, c.selected);
    else if (c.type === "dimensions" && c.dimensions) {
      w.mapper.measured(c.id, c.dimensions);
      measured = true;
    }
  }
  if (to.size && !w.readOnly) w.editor.getState().change((s) => move(s, to));
  if (chosen.size) choose(w, chosen);
  return measured;
}

function applyEdges(w: W, changes: EdgeChange<LinkEdge>[]) {
  const chosen = new Map<string, boolean>();
  for (const c of changes) if (c.type === "select") chosen.set(`link:${c.id}`, c.selected);
  if (chosen.size) choose(w, chosen);
}

function choose(w: W, changes: ReadonlyMap<string, boolean>) {
  const old = w.editor.getState().selection;
  const next = { blocks: new Set(old.blocks), links: new Set(old.links), notes: new Set(old.notes) };
  for (const [id, on] of changes) {
    const [set, bare] = id.startsWith("link:")
      ? [next.links, id.slice(5)]
      : id.startsWith("note:")
        ? [next.notes, id.slice(5)]
        : [next.blocks, id];
    if (on) set.add(bare);
    else set.delete(bare);
  }
  w.editor.getState().select(next satisfies Selection);
  if (changes.size) w.ui.setState({ closed: "" });
}

const pointOf = (e: MouseEvent | TouchEvent) => ("changedTouches" in e ? e.changedTouches[0] : e);

/** A link that ends on a block's body counts as one on its inlet; one that ends on nothing asks which block follows there. */
function connectEnd(
  w: W,
  act: Actions,
  e: MouseEvent | TouchEvent,
  state: FinalConnectionState,
  toFlow: (p: { x: number; y: number }) => { x: number; y: number },
) {
  if (state.isValid || !state.fromNode || w.readOnly) return;
  const from = state.fromHandle?.type === "target" ? null : state.fromNode.id;
  const point = pointOf(e);
  if (!from || !point) return;
  const over = document.elementFromPoint(point.clientX, point.clientY);
  const node = state.toNode?.id ?? over?.closest<HTMLElement>(".react-flow__node-block")?.dataset.id;
  if (node) return act.connect(from, node);
  if (!over?.closest(".react-flow__pane")) return;
  const at = toFlow({ x: point.clientX, y: point.clientY });
  w.ui.setState({ question: { ask: "block", from, at: { x: at.x - 110, y: at.y } } });
}

function blockUnder(e: MouseEvent | TouchEvent): string | null {
  const point = pointOf(e);
  const over = point && document.elementFromPoint(point.clientX, point.clientY);
  return over?.closest<HTMLElement>(".react-flow__node-block")?.dataset.id ?? null;
}

/** A block that nothing is linked to yet goes into the link that it is dropped on. */
function dragStop(w: W, act: Actions, e: MouseEvent | TouchEvent, node: CanvasNode, count: number) {
  const point = pointOf(e);
  const loose =
    node.type === "block" && !w.editor.getState().scheme.links.some((l) => l.from === node.id || l.to === node.id);
  const line = count === 1 && loose && point ? lineAt(point.clientX, point.clientY) : null;
  if (line && !w.readOnly) act.insertBlock(node.id, line);
  w.editor.getState().end();
}

/** The link under a point, where there is one. */
function lineAt(x: number, y: number): string | null {
  for (const el of document.elementsFromPoint(x, y)) {
    const id =
      el.closest<Element>("[data-link]")?.getAttribute("data-link") ??
      el.closest(".react-flow__edge")?.getAttribute("data-id");
    if (id) return id;
  }
  return null;
}
