import { Text, ThemeIcon, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconExclamationCircle, IconPlus } from "@tabler/icons-react";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import classes from "./canvas.module.css";
import { useUi, useWorkbench, worst } from "./context";
import type { BlockNode } from "./flow";
import { summary } from "./logic/summary";
import { lookOf } from "./look";
import { useTypeNames } from "./names";

/** A block on the canvas. It is drawn again only when the block itself, or what was found in it, has changed. */
export const BlockCard = memo(function BlockCard({ data: { block }, selected }: NodeProps<BlockNode>) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const typeName = useTypeNames()(block.type);
  const found = useUi((u) => worst(u.findings, "node", block.id));
  const mark = useUi((u) => u.marks?.blocks.get(block.id));
  const { icon: Icon, color } = lookOf(block.type);
  const ends =
    (w.types.get(block.type)?.outcomes.length ?? 1) === 0 && !["split", "condition", "menu"].includes(block.type);
  const says = summary(block, t);
  const name = block.name || typeName;
  return (
    <div
      className={classes.block}
      data-selected={selected || undefined}
      data-found={found ?? undefined}
      data-mark={mark}
      data-block={block.id}
    >
      <Handle type="target" position={Position.Top} className={classes.inlet} isConnectable={!w.readOnly} />
      <div className={classes.head}>
        <ThemeIcon variant="light" color={color} size={30}>
          <Icon size={18} aria-hidden />
        </ThemeIcon>
        <div className={classes.title}>
          <Text size="sm" fw={600} lineClamp={2}>
            {name}
          </Text>
          {block.name && (
            <Text size="xs" c="dimmed" truncate>
              {typeName}
            </Text>
          )}
        </div>
        {found && (
          <Tooltip label={t(`canvas.found.${found}`)}>
            <ThemeIcon
              variant="transparent"
              color={found === "error" ? "red" : "yellow"}
              size={22}
              role="img"
              aria-label={t(`canvas.found.${found}`)}
            >
              {found === "error" ? <IconExclamationCircle size={20} /> : <IconAlertTriangle size={20} />}
            </ThemeIcon>
          </Tooltip>
        )}
      </div>
      {says && (
        <Text size="xs" c="dimmed" lineClamp={2} mt={6} className={classes.says}>
          {says}
        </Text>
      )}
      {!ends && (
        <Handle type="source" position={Position.Bottom} className={classes.outlet} isConnectable={!w.readOnly} />
      )}
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
