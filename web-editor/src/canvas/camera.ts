import { useStoreApi, type Viewport } from "@xyflow/react";
import { createContext, type RefObject, useContext, useEffect, useMemo, useState } from "react";
import { type Camera, createCamera } from "./logic/camera";
import { afar, everything, type Scope, scopeOf } from "./logic/seen";

export const CameraContext = createContext<Camera | null>(null);

export function useSeen(): Camera {
  const camera = useContext(CameraContext);
  if (!camera) throw new Error("there is no drawing here");
  return camera;
}

/** React Flow leaves its view to us where it is given one; that this one never changes keeps it from setting it back. */
const ours: Viewport = { x: 0, y: 0, zoom: 1 };

/** The camera of a drawing, and what React Flow has to be given for it. */
export function useCamera(box: RefObject<HTMLDivElement | null>) {
  const store = useStoreApi();
  const camera = useMemo(
    () =>
      createCamera({
        tell: (v) => store.setState({ transform: [v.x, v.y, v.zoom] }),
        busy: () => {
          const s = store.getState();
          return s.connection.inProgress || s.userSelectionActive || s.nodes.some((n) => n.dragging);
        },
      }),
    [store],
  );
  useEffect(() => {
    const flow = box.current?.querySelector<HTMLElement>(".react-flow__viewport");
    if (!flow) return;
    return camera.watch((v) => {
      flow.style.transform = `translate(${v.x}px,${v.y}px) scale(${v.zoom})`;
    });
  }, [camera, box]);
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    // Whatever begins now asks React Flow where things are.
    const begins = ["pointerdown", "keydown", "dragover", "drop"] as const;
    for (const what of begins) el.addEventListener(what, camera.settle, { capture: true });
    return () => {
      for (const what of begins) el.removeEventListener(what, camera.settle, { capture: true });
    };
  }, [camera, box]);
  const props = useMemo(
    () => ({
      viewport: ours,
      onViewportChange: camera.change,
      // What no hand does, fitting for instance, has no event.
      onMoveStart: (e: unknown) => {
        if (e) camera.begin();
      },
      onMoveEnd: camera.end,
    }),
    [camera],
  );
  return { camera, props };
}

/**
 * What of a large drawing is drawn: it changes seldom, and a small one is drawn whole always. Links follow blocks a frame later,
 * for both in one frame would be felt.
 */
export function useScope(camera: Camera, large: boolean): { blocks: Scope; links: Scope } {
  const store = useStoreApi();
  // A large drawing opens fitted into its window: from afar.
  const [blocks, setBlocks] = useState(large ? afar : everything);
  const [links, setLinks] = useState(blocks);
  useEffect(() => {
    const first = camera.now();
    let now = large ? afar : everything;
    let frame = 0;
    setBlocks(now);
    setLinks(now);
    if (!large) return;
    const stop = camera.watch((v) => {
      if (v === first) return;
      const next = scopeOf(now, v, store.getState());
      if (next === now) return;
      now = next;
      setBlocks(next);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setLinks(next));
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [camera, large, store]);
  return { blocks, links };
}
