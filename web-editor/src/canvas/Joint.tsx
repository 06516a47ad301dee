import { Handle, Position, useStoreApi } from "@xyflow/react";
import classes from "./canvas.module.css";

interface Props {
  block: string;
  type: "source" | "target";
  /** A pointer is near. */
  live: boolean;
  connectable: boolean;
}

/**
 * Where the links of a block begin or end. React Flow's own listens to all that happens in the drawing; of a thousand of them
 * a hand is near one. Until it comes there is a place that looks the same, which React Flow measures and finds as one of its own.
 */
export function Joint({ block, type, live, connectable }: Props) {
  const flow = useStoreApi().getState().rfId;
  const at = type === "target" ? Position.Top : Position.Bottom;
  const looks = type === "target" ? classes.inlet : classes.outlet;
  if (live) return <Handle type={type} position={at} className={looks} isConnectable={connectable} />;
  const able = connectable ? "connectable connectablestart connectableend connectionindicator" : "";
  return (
    <div
      className={`react-flow__handle react-flow__handle-${at} nodrag nopan ${looks} ${type} ${able}`}
      data-nodeid={block}
      data-handlepos={at}
      data-id={`${flow}-${block}-null-${type}`}
    />
  );
}
