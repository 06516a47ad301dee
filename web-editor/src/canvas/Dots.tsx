import { useEffect, useRef } from "react";
import { useSeen } from "./camera";
import classes from "./canvas.module.css";

/** The grid's step, and the least that is drawn of it in the window. */
const step = 20;
const least = 14;

/** The dots behind the drawing, moved by whole steps of the pattern, which costs no painting. */
export function Dots() {
  const camera = useSeen();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let drawn = 0;
    return camera.watch(({ x, y, zoom }) => {
      if (!box.current) return;
      let gap = step * zoom;
      while (gap < least) gap *= 2;
      const { style } = box.current;
      if (gap !== drawn) style.backgroundSize = `${gap}px ${gap}px`;
      drawn = gap;
      const over = (v: number) => (((v % gap) + gap) % gap) - gap;
      style.transform = `translate(${over(x)}px,${over(y)}px)`;
    });
  }, [camera]);
  return <div ref={box} className={classes.dots} aria-hidden />;
}
