import { Panel, useReactFlow, useStoreApi } from "@xyflow/react";
import { memo, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSeen } from "./camera";
import classes from "./canvas.module.css";
import { useEditor, useWorkbench } from "./context";
import type { Mapper } from "./flow";
import { notesOf, type Scheme } from "./logic/document";
import { shown } from "./logic/seen";
import { lookOf } from "./look";

const width = 200;
const height = 150;

/** The whole drawing, small, with a frame around what the window shows; it can be moved by the frame. */
export const Overview = memo(function Overview() {
  const { t } = useTranslation();
  const { mapper } = useWorkbench();
  const scheme = useSeldom(useEditor((s) => s.scheme));
  const map = useMemo(() => mapOf(scheme, mapper.size), [scheme, mapper]);
  const { frame, hands } = useFrame();
  return (
    <Panel position="bottom-right" className={classes.map}>
      <svg
        viewBox={`${map.x} ${map.y} ${map.width} ${map.height}`}
        width={width}
        height={height}
        role="img"
        aria-label={t("canvas.map")}
        {...hands}
      >
        {map.notes && <path d={map.notes} fill="var(--mantine-color-yellow-2)" />}
        {map.blocks.map(([colour, d]) => (
          <path key={colour} d={d} fill={`var(--mantine-color-${colour}-5)`} />
        ))}
        <rect ref={frame} className={classes.frame} />
      </svg>
    </Panel>
  );
});

/** How often the map is drawn again while a hand moves a block, in milliseconds. */
const pause = 150;

function useSeldom<T>(value: T): T {
  const [seen, setSeen] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (value === seen) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setSeen(latest.current);
    }, pause);
  }, [value, seen]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return seen;
}

/** The frame follows the view without being drawn by React; hands move the view by the map. */
function useFrame() {
  const camera = useSeen();
  const flow = useReactFlow();
  const store = useStoreApi();
  const frame = useRef<SVGRectElement>(null);
  useEffect(
    () =>
      camera.watch((v) => {
        const r = shown(v, store.getState());
        const el = frame.current;
        if (!el) return;
        el.setAttribute("x", r.left.toFixed());
        el.setAttribute("y", r.top.toFixed());
        el.setAttribute("width", (r.right - r.left).toFixed());
        el.setAttribute("height", (r.bottom - r.top).toFixed());
      }),
    [camera, store],
  );
  const hands = useMemo(() => {
    const look = (e: PointerEvent<SVGSVGElement>) => {
      const toMap = e.currentTarget.getScreenCTM()?.inverse();
      if (!toMap) return;
      const at = new DOMPoint(e.clientX, e.clientY).matrixTransform(toMap);
      void flow.setCenter(at.x, at.y, { zoom: camera.now().zoom });
    };
    return {
      onPointerDown: (e: PointerEvent<SVGSVGElement>) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        camera.begin();
        look(e);
      },
      onPointerMove: (e: PointerEvent<SVGSVGElement>) => {
        if (e.currentTarget.hasPointerCapture(e.pointerId)) look(e);
      },
      onLostPointerCapture: camera.end,
      onWheel: (e: React.WheelEvent) => void flow.zoomTo(camera.now().zoom * 2 ** (-e.deltaY * 0.002)),
    };
  }, [camera, flow]);
  return { frame, hands };
}

/** Blocks as one path of each colour: 500 elements would be looked through at each step of a drag. */
function mapOf(s: Scheme, size: Mapper["size"]) {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const box = (x: number, y: number, w: number, h: number) => {
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + w), Math.max(bottom, y + h)];
    return `M${x} ${y}h${w}v${h}h${-w}z`;
  };
  const blocks = new Map<string, string>();
  for (const b of s.nodes) {
    const { color } = lookOf(b.type);
    const { width, height } = size(b.id);
    blocks.set(color, (blocks.get(color) ?? "") + box(b.x, b.y, Math.round(width), Math.round(height)));
  }
  let notes = "";
  for (const n of notesOf(s)) notes += box(n.x, n.y, n.width, n.height);
  if (left > right) [left, top, right, bottom] = [0, 0, width, height];
  const edge = Math.max(right - left, bottom - top) * 0.08;
  return {
    x: left - edge,
    y: top - edge,
    width: right - left + 2 * edge,
    height: bottom - top + 2 * edge,
    blocks: [...blocks],
    notes,
  };
}
