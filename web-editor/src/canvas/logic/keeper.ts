// What is drawn, kept on this machine until the server has it.

/** At most how often something is written, in milliseconds: to write a large document at every step of a drag would take most of a frame. */
export const keeping = 1000;

interface Ports<T> {
  /** Writes it, or that there is nothing to keep any more. */
  write(what: T | null): void;
  /** Calls f after some time; gives what undoes it. */
  later(f: () => void, ms: number): () => void;
}

/**
 * Keeps the latest of what it is given: the first at once, so that a crash loses nothing of a single change, what follows within a
 * second at its end. Nothing has to be kept any more: that is done at once.
 */
export function createKeeper<T>({ write, later }: Ports<T>) {
  let waiting: T | null = null;
  let cancel: (() => void) | null = null;
  /** Writes what waits, if anything does: nothing may come after it. */
  const now = () => {
    const what = waiting;
    waiting = null;
    if (what !== null) write(what);
    return what !== null;
  };
  const pause = () => {
    cancel = later(() => {
      cancel = null;
      if (now()) pause();
    }, keeping);
  };
  return {
    now,
    keep(what: T | null) {
      if (what !== null && cancel) {
        waiting = what;
        return;
      }
      waiting = null;
      write(what);
      if (what === null) {
        cancel?.();
        cancel = null;
      } else pause();
    },
  };
}
