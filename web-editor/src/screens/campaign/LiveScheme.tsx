import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import {
  Background,
  BaseEdge,
  Controls,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  type NodeChange,
  type NodeProps,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import { createContext, memo, useCallback, useContext, useMemo, useReducer } from "react";
import { useTranslation } from "react-i18next";
import { BlockCard } from "../../canvas/BlockCard";
import canvas from "../../canvas/canvas.module.css";
import { useWorkbench, type Workbench, WorkbenchProvider } from "../../canvas/context";
import type { BlockNode, CanvasNode, LinkEdge } from "../../canvas/flow";
import { type Mapper, mapper } from "../../canvas/flow";
import { blockOf, type Scheme } from "../../canvas/logic/document";
import { nothing } from "../../canvas/logic/edit";
import { family } from "../../canvas/logic/outcomes";
import { createEditor } from "../../canvas/logic/store";
import { linkName } from "../../canvas/logic/words";
import { NoteCard } from "../../canvas/NoteCard";
import type { BlockType } from "../../canvas/types";
import { createUi } from "../../canvas/ui";
import { number } from "../campaigns/format";
import classes from "./campaign.module.css";
import { useBlockFigures, useFigures } from "./context";
import { placeLabels } from "./labels";

interface Props {
  scheme: Scheme;
  types: BlockType[];
  chosen: string;
  choose: (block: string) => void;
}

/** The scheme of a campaign as it is drawn, with what came to each block and link by now. */
export function LiveScheme({ scheme, types, chosen, choose }: Props) {
  const bench = useMemo<Workbench>(
    () => ({
      editor: createEditor(scheme),
      ui: createUi(),
      types: new Map(types.map((b) => [b.type, b])),
      mapper: mapper(),
      readOnly: true,
      view: { centre: () => ({ x: 0, y: 0 }), show: () => {}, fit: () => {} },
    }),
    [scheme, types],
  );
  return (
    <WorkbenchProvider value={bench}>
      <ReactFlowProvider>
        <Drawing scheme={scheme} chosen={chosen} choose={choose} />
      </ReactFlowProvider>
    </WorkbenchProvider>
  );
}

function Drawing({ scheme, chosen, choose }: Omit<Props, "types">) {
  const { t } = useTranslation();
  const { mapper: m } = useWorkbench();
  const look = useComputedColorScheme("light");
  const [measured, remeasure] = useReducer((n: number) => n + 1, 0);
  const selection = useMemo(() => ({ ...nothing, blocks: new Set(chosen ? [chosen] : []) }), [chosen]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a measured node is another one
  const nodes = useMemo(() => m.nodes(scheme, selection), [m, scheme, selection, measured]);
  const edges = useMemo(() => m.edges(scheme, nothing), [m, scheme]);
  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      let any = false;
      for (const c of changes)
        if (c.type === "dimensions" && c.dimensions) {
          m.measured(c.id, c.dimensions);
          any = true;
        }
      if (any) remeasure();
    },
    [m],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a measured node is another one
  const labels = useMemo(() => labelsOf(scheme, m, t), [scheme, m, t, measured]);
  return (
    <div className={classes.drawing}>
      <div className={canvas.canvas} role="application" aria-label={t("campaign.drawing")}>
        <Labels value={labels}>
          <ReactFlow<CanvasNode, LinkEdge>
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            onNodesChange={onNodesChange}
            onNodeClick={(_, n) => n.type === "block" && choose(n.id)}
            onPaneClick={() => choose("")}
            nodesDraggable={false}
            nodesConnectable={false}
            edgesReconnectable={false}
            deleteKeyCode={null}
            minZoom={0.1}
            maxZoom={1.5}
            fitView
            fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
            zoomOnScroll={false}
            preventScrolling={false}
            onlyRenderVisibleElements={nodes.length > 150}
            colorMode={look}
            disableKeyboardA11y
            proOptions={{ hideAttribution: true }}
            ariaLabelConfig={{
              "controls.ariaLabel": t("canvas.controls.label"),
              "controls.zoomIn.ariaLabel": t("canvas.controls.in"),
              "controls.zoomOut.ariaLabel": t("canvas.controls.out"),
              "controls.fitView.ariaLabel": t("canvas.controls.fit"),
            }}
          >
            <Background gap={20} />
            <Controls showInteractive={false} position="bottom-left" />
          </ReactFlow>
        </Labels>
      </div>
    </div>
  );
}

/** A block with its figures beneath. */
const LiveBlock = memo(function LiveBlock(p: NodeProps<BlockNode>) {
  return (
    <div className={classes.live} data-live={p.id}>
      <BlockCard {...p} />
      <Counters id={p.id} />
    </div>
  );
});

// What is shown of a block at a glance, where it happened.
const shown = ["delivered", "answered", "viewed", "clicked", "reply"];

function Counters({ id }: { id: string }) {
  const { t } = useTranslation();
  const f = useBlockFigures(id);
  if (!f) return null;
  const errors = Object.values(f.errors).reduce((a, b) => a + b, 0);
  const one = (key: string, n: number, strong = false) => (
    <span key={key} data-counter={key} className={strong ? classes.strong : undefined}>
      {t(`campaign.count.${key}`)} {number(n)}
    </span>
  );
  return (
    <div className={classes.counters}>
      {f.sent > 0 ? one("sent", f.sent, true) : one("entered", f.entered, true)}
      {shown.filter((k) => (f.facts[k] ?? 0) > 0).map((k) => one(k, f.facts[k] ?? 0))}
      {f.open > 0 && one("here", f.open)}
      {errors > 0 && (
        <span data-counter="errors" className={classes.error}>
          {t("campaign.count.errors")} {number(errors)}
        </span>
      )}
    </div>
  );
}

const LabelsOf = createContext<ReturnType<typeof placeLabels>>(new Map());
const Labels = LabelsOf.Provider;

// As wide as the label is with a number of six digits, so that it stays where it is while the figures grow.
const wide = (name: string) => Math.min(180, 62 + name.length * 6.4);

/** Where the labels stand, by how large the blocks are with their figures. */
function labelsOf(s: Scheme, m: Mapper, t: (key: string, o?: Record<string, unknown>) => string) {
  const cards = new Map(s.nodes.map((n) => [n.id, { x: n.x, y: n.y, ...m.size(n.id) }]));
  const links = s.links.flatMap((l) => {
    const [from, to] = [cards.get(l.from), cards.get(l.to)];
    if (!from || !to) return [];
    return {
      id: l.id,
      from: { x: from.x + from.width / 2, y: from.y + from.height },
      to: { x: to.x + to.width / 2, y: to.y },
      width: wide(linkName(l, t, blockOf(s, l.from))),
    };
  });
  return placeLabels(links, [...cards.values()]);
}

/** A link with how many went along it. */
const LiveLink = memo(function LiveLink(p: EdgeProps<LinkEdge>) {
  const { t } = useTranslation();
  const { editor } = useWorkbench();
  const scheme = editor.getState().scheme;
  const link = p.data?.link;
  const at = useContext(LabelsOf).get(p.id);
  const count = useFigures(
    (l) => l.figures?.blocks.find((b) => b.id === link?.from)?.links.find((x) => x.id === link?.id)?.count ?? 0,
  );
  if (!link) return null;
  const [path, middleX, middleY] = getBezierPath(p);
  const { x, y } = at ?? { x: middleX, y: middleY };
  const colour = `var(--link-${family(link.type)})`;
  return (
    <>
      <BaseEdge
        id={p.id}
        path={path}
        markerEnd={p.markerEnd}
        style={{
          stroke: colour,
          strokeWidth: count > 0 ? 2.2 : 1.2,
          opacity: count > 0 ? 1 : 0.6,
          strokeDasharray: link.type === "error" ? "6 4" : undefined,
        }}
      />
      <EdgeLabelRenderer>
        <span
          className={`${canvas.label} nodrag nopan ${classes.linkLabel}`}
          data-link={link.id}
          data-count={count}
          style={{
            transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`,
            color: colour,
            borderColor: colour,
          }}
        >
          <b>{number(count)}</b> {linkName(link, t, blockOf(scheme, link.from))}
        </span>
      </EdgeLabelRenderer>
    </>
  );
});

const nodeTypes = { block: LiveBlock, note: NoteCard };
const edgeTypes = { link: LiveLink };
