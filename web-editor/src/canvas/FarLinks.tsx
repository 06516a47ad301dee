import { getBezierPath, Position, ViewportPortal } from "@xyflow/react";
import { memo, type ReactNode, useMemo } from "react";
import classes from "./canvas.module.css";
import { useEditor, useUi, useWorkbench } from "./context";
import type { Mapper } from "./flow";
import type { Block, Link, Scheme } from "./logic/document";
import type { Selection } from "./logic/edit";
import { family } from "./logic/outcomes";
import type { Mark, Marks } from "./ui";

interface Drawn {
  from: Block;
  to: Block;
  link: Link;
  mark: Mark | undefined;
  line: ReactNode;
}

/** Makes the lines of links. A line that is the same as before is the same object: only those of what is moved are drawn again. */
function lines(size: Mapper["size"]) {
  let drawn = new Map<string, Drawn>();
  return (s: Scheme, marks: Marks | null, but: Selection["links"]): ReactNode[] => {
    const blocks = new Map(s.nodes.map((b) => [b.id, b]));
    const next = new Map<string, Drawn>();
    for (const link of s.links) {
      const [from, to] = [blocks.get(link.from), blocks.get(link.to)];
      if (!from || !to || but.has(link.id)) continue;
      const mark = marks?.links.get(link.id);
      const old = drawn.get(link.id);
      const same = old?.from === from && old.to === to && old.link === link && old.mark === mark;
      next.set(link.id, same ? old : { from, to, link, mark, line: line(link, from, to, mark, size) });
    }
    drawn = next;
    return [...next.values()].map((d) => d.line);
  };
}

function line(link: Link, from: Block, to: Block, mark: Mark | undefined, size: Mapper["size"]): ReactNode {
  const [a, b] = [size(from.id), size(to.id)];
  const [path] = getBezierPath({
    sourceX: from.x + a.width / 2,
    sourceY: from.y + a.height,
    sourcePosition: Position.Bottom,
    targetX: to.x + b.width / 2,
    targetY: to.y,
    targetPosition: Position.Top,
  });
  const colour = `var(--link-${family(link.type)})`;
  return (
    <path
      key={link.id}
      d={path}
      data-link={link.id}
      data-mark={mark}
      className={mark && classes.marked}
      stroke={colour}
    />
  );
}

/** All links of a drawing that is seen from afar: lines alone, which nobody could read a name on. */
export const FarLinks = memo(function FarLinks() {
  const { mapper, editor } = useWorkbench();
  const draw = useMemo(() => lines(mapper.size), [mapper]);
  const scheme = useEditor((s) => s.scheme);
  const chosen = useEditor((s) => s.selection.links);
  const marks = useUi((u) => u.marks);
  const all = useMemo(() => draw(scheme, marks, chosen), [draw, scheme, marks, chosen]);
  return (
    <ViewportPortal>
      <svg
        className={classes.farLinks}
        aria-hidden
        onClick={(e) => {
          const id = (e.target as Element).getAttribute("data-link");
          if (id) editor.getState().select({ blocks: new Set(), notes: new Set(), links: new Set([id]) });
        }}
      >
        {all}
      </svg>
    </ViewportPortal>
  );
});
