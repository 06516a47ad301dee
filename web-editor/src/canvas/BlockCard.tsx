import { Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconExclamationCircle, IconPlus } from "@tabler/icons-react";
import type { NodeProps } from "@xyflow/react";
import { type CSSProperties, memo, type PointerEvent, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import classes from "./canvas.module.css";
import { useUi, useWorkbench, worst } from "./context";
import type { BlockNode } from "./flow";
import { Joint } from "./Joint";
import { summary } from "./logic/summary";
import { lookOf } from "./look";
import { useTypeNames } from "./names";

/** A finger gives no notice before it touches. */
const fingers = () => window.matchMedia?.("(hover: none)").matches ?? false;

/**
 * A block on the canvas. It is drawn again only when the block itself, or what was found in it, has changed. There may be 500 of
 * them: plain elements, and what only a hand needs once one comes. From afar its style shows a name alone, in large letters.
 */
export const BlockCard = memo(function BlockCard({ data: { block }, selected }: NodeProps<BlockNode>) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const typeName = useTypeNames()(block.type);
  const found = useUi((u) => worst(u.findings, "node", block.id));
  const mark = useUi((u) => u.marks?.blocks.get(block.id));
  const [live, setLive] = useState(fingers);
  const { icon: Icon, color } = lookOf(block.type);
  const ends =
    (w.types.get(block.type)?.outcomes.length ?? 1) === 0 && !["split", "condition", "menu"].includes(block.type);
  const says = summary(block, t);
  const name = block.name || typeName;
  const joint = { block: block.id, live, connectable: !w.readOnly };
  // At once: what comes next may be the press.
  const near = (e: PointerEvent<HTMLElement>) => {
    if (!live && !e.currentTarget.closest("[data-far]")) flushSync(() => setLive(true));
  };
  const tone = {
    "--tone": `var(--mantine-color-${color}-light)`,
    "--ink": `var(--mantine-color-${color}-light-color)`,
  };
  return (
    <div
      className={classes.block}
      style={tone as CSSProperties}
      data-selected={selected || undefined}
      data-found={found ?? undefined}
      data-mark={mark}
      data-block={block.id}
      data-name={name}
      onPointerOver={near}
    >
      <Joint type="target" {...joint} />
      <div className={classes.head}>
        <span className={classes.sign}>
          <Icon size={18} aria-hidden />
        </span>
        <div className={classes.title}>
          <div className={classes.name}>{name}</div>
          {block.name && <div className={classes.type}>{typeName}</div>}
        </div>
        {found && (
          <Tooltip label={t(`canvas.found.${found}`)}>
            <span className={classes.found} data-of={found} role="img" aria-label={t(`canvas.found.${found}`)}>
              {found === "error" ? <IconExclamationCircle size={20} /> : <IconAlertTriangle size={20} />}
            </span>
          </Tooltip>
        )}
      </div>
      {says && <div className={classes.says}>{says}</div>}
      {!ends && <Joint type="source" {...joint} />}
      {!ends && !w.readOnly && (
        <button
          type="button"
          className={`${classes.plus} nodrag`}
          aria-label={t("canvas.plus", { name })}
          onClick={(e) => {
            e.stopPropagation();
            w.ui.setState({ question: { ask: "block", from: block.id } });
          }}
        >
          <IconPlus size={14} aria-hidden />
        </button>
      )}
    </div>
  );
});
