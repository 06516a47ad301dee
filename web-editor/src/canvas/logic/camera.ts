import type { View } from "./seen";

interface Ports {
  /** Tells React Flow, and with it every block and link that is drawn. */
  tell(v: View): void;
  /** Something is being drawn or moved just now, by where the pointer is in the drawing. */
  busy(): boolean;
}

/**
 * Where the drawing is looked at from. While a hand moves or scales it, only those hear of it that watch; React Flow hears of
 * it when the hand rests: it asks each block and link at each step whether that concerns it, and it never does.
 */
export function createCamera(ports: Ports) {
  let now: View = { x: 0, y: 0, zoom: 1 };
  let told = now;
  let moving = false;
  const watching = new Set<(v: View) => void>();
  const settle = () => {
    if (told === now) return;
    told = now;
    ports.tell(now);
  };
  return {
    now: () => now,
    change(next: View) {
      now = next;
      for (const see of watching) see(next);
      if (!moving || ports.busy()) settle();
    },
    begin() {
      moving = true;
    },
    end() {
      moving = false;
      settle();
    },
    /** Makes React Flow know now, because something is about to ask it where things are. */
    settle,
    /** Sees each view, beginning with the present one; gives what ends that. */
    watch(see: (v: View) => void): () => void {
      watching.add(see);
      see(now);
      return () => void watching.delete(see);
    },
  };
}

export type Camera = ReturnType<typeof createCamera>;
