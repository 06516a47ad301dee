import { Tooltip } from "@mantine/core";
import { BaseEdge, type EdgeProps, getBezierPath } from "@xyflow/react";
import { createContext, memo, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
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
  // Asked of every link at every step of a drag: the words are looked up only when the settings are others.
  const config = useEditor((s) => (link ? blockOf(s.scheme, link.from)?.config : undefined));
  const name = useMemo(() => (link ? linkName(link, t, config && { config }) : ""), [link, t, config]);
  const label = useRef<HTMLButtonElement>(null);
  const [hint, explain, silence] = useHint(() => {
    if (!link) return "";
    const s = w.editor.getState().scheme;
    return firesWhen(s, link, timeOf(blockOf(s, link.from)?.config.decision_time, t), t);
  });
  if (!link) return null;
  const shift = (twins.indexOf(link.id) - (twins.length - 1) / 2) * 100;
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
      <Over>
        {hint && <Tooltip target={label} opened label={hint} multiline maw={280} />}
        <button
          ref={label}
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
          onPointerLeave={silence}
          aria-label={t("canvas.link.edit", { name })}
          onClick={() => {
            silence();
            w.editor.getState().select({ blocks: new Set(), notes: new Set(), links: new Set([link.id]) });
            w.ui.setState({ question: { ask: "link", from: link.from, to: link.to, change: link.id } });
          }}
        >
          {name}
        </button>
      </Over>
    </>
  );
});

/** What is said of something after a pointer has rested on it: made only then, for most of 2,000 links never are asked. */
function useHint(words: () => string): [hint: string, explain: () => void, silence: () => void] {
  const [hint, setHint] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const explain = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHint(words()), 250);
  };
  const silence = () => {
    clearTimeout(timer.current);
    setHint("");
  };
  return [hint, explain, silence];
}

/** Where React Flow has labels: over all lines. */
export const LabelPlace = createContext<Element | null>(null);

/**
 * Puts a label where React Flow has labels. Its own EdgeLabelRenderer looks for that place anew for each link whenever anything
 * moves, which takes four fifths of the time when 500 blocks are panned; the canvas looks once.
 */
function Over({ children }: { children: ReactNode }) {
  const place = useContext(LabelPlace);
  return place ? createPortal(children, place) : null;
}

const timeOf = (v: unknown, say: Parameters<typeof lasting>[1]) => lasting(typeof v === "string" && v ? v : "1h", say);
