import { Tooltip } from "@mantine/core";
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./canvas.module.css";
import { useEditor, useUi, useWorkbench, worst } from "./context";
import type { LinkEdge } from "./flow";
import { besides, blockOf } from "./logic/document";
import { family } from "./logic/outcomes";
import { lasting } from "./logic/summary";
import { firesWhen, linkName } from "./logic/words";

const none: string[] = [];

/** A link on the canvas with its name in words; on hover it says exactly when it fires. */
export const LinkLine = memo(function LinkLine(p: EdgeProps<LinkEdge>) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const link = p.data?.link;
  const found = useUi((u) => (link ? worst(u.findings, "link", link.id) : null));
  const mark = useUi((u) => (link ? u.marks?.links.get(link.id) : undefined));
  // Two links between the same blocks stand beside each other.
  const twins = useEditor((s) => (link ? besides(s.scheme.links, link) : none));
  const name = useEditor((s) => (link ? linkName(link, t, blockOf(s.scheme, link.from)) : ""));
  const [hint, setHint] = useState("");
  if (!link) return null;
  const shift = (twins.indexOf(link.id) - (twins.length - 1) / 2) * 100;
  const explain = () => {
    const s = w.editor.getState().scheme;
    setHint(firesWhen(s, link, timeOf(blockOf(s, link.from)?.config.decision_time, t), t));
  };
  const [path, x, y] = getBezierPath({ ...p, curvature: 0.25 + Math.abs(shift) / 400 });
  const colour = `var(--link-${family(link.type)})`;
  return (
    <>
      <BaseEdge
        id={p.id}
        path={path}
        markerEnd={p.markerEnd}
        interactionWidth={24}
        className={mark ? classes.marked : undefined}
        data-mark={mark}
        style={{
          stroke: mark ? undefined : colour,
          strokeWidth: p.selected || mark ? 3 : 1.8,
          strokeDasharray: link.type === "error" ? "6 4" : undefined,
        }}
      />
      <EdgeLabelRenderer>
        <Tooltip label={hint} multiline maw={280} openDelay={250}>
          <button
            type="button"
            className={`${classes.label} nodrag nopan`}
            data-link={link.id}
            data-selected={p.selected || undefined}
            data-found={found ?? undefined}
            data-mark={mark}
            style={{
              transform: `translate(-50%, -50%) translate(${x + shift}px, ${y}px)`,
              color: colour,
              borderColor: colour,
            }}
            onPointerEnter={explain}
            onFocus={explain}
            aria-label={t("canvas.link.edit", { name })}
            onClick={() => {
              w.editor.getState().select({ blocks: new Set(), notes: new Set(), links: new Set([link.id]) });
              w.ui.setState({ question: { ask: "link", from: link.from, to: link.to, change: link.id } });
            }}
          >
            {name}
          </button>
        </Tooltip>
      </EdgeLabelRenderer>
    </>
  );
});

const timeOf = (v: unknown, say: Parameters<typeof lasting>[1]) => lasting(typeof v === "string" && v ? v : "1h", say);
