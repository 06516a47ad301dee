import type { Scheme } from "./document";

export type SaveState = "saved" | "waiting" | "saving" | "offline" | "failed" | "conflict";

export interface Ports<C> {
  /** Saves over a revision and gives the new one. */
  save(document: Scheme, over: number): Promise<number>;
  /** What a failed save means; with a conflict, what it was about. */
  judge(error: unknown): { state: "offline" | "failed" } | { state: "conflict"; conflict: C };
  /** Keeps what is not saved yet on this machine; null: nothing is left to keep. */
  keep(unsaved: { document: Scheme; over: number } | null): void;
  tell(state: SaveState, revision: number, conflict?: C): void;
  /** Calls f after some time; gives what undoes it. */
  later(f: () => void, ms: number): () => void;
}

/** How long nothing must change before a draft is saved, and how long to wait after a failure, in milliseconds. */
export const pause = 800;
export const retry = 5000;

/**
 * Saves a draft after each change, one save at a time and always the latest. It never writes over what somebody else
 * saved: a conflict stops it until `resolve` says what to do.
 */
export function createSaver<C>(saved: Scheme, revision: number, ports: Ports<C>) {
  let current = saved;
  let state: SaveState = "saved";
  let running: Promise<void> | null = null;
  let cancel: (() => void) | null = null;

  const say = (next: SaveState, conflict?: C) => {
    state = next;
    ports.tell(next, revision, conflict);
  };
  const soon = (ms: number) => {
    cancel?.();
    cancel = ports.later(() => void run(), ms);
  };
  async function once() {
    const document = current;
    say("saving");
    try {
      revision = await ports.save(document, revision);
      saved = document;
      if (current === saved) {
        ports.keep(null);
        say("saved");
      } else {
        ports.keep({ document: current, over: revision });
        say("waiting");
        soon(pause);
      }
    } catch (error) {
      const met = ports.judge(error);
      say(met.state, met.state === "conflict" ? met.conflict : undefined);
      if (met.state !== "conflict") soon(retry);
    }
  }
  function run(): Promise<void> {
    cancel?.();
    cancel = null;
    if (state === "conflict" || current === saved) return running ?? Promise.resolve();
    running ??= once().finally(() => {
      running = null;
    });
    return running;
  }
  return {
    change(next: Scheme) {
      if (next === current) return;
      current = next;
      if (state === "conflict") return ports.keep({ document: next, over: revision });
      // Undone back to what is saved: nothing is left to do.
      if (current === saved && !running) {
        cancel?.();
        ports.keep(null);
        return say("saved");
      }
      ports.keep({ document: next, over: revision });
      if (state !== "saving") say("waiting");
      if (!running) soon(pause);
    },
    /** Saves now what is left; true where all is saved then. */
    async flush(): Promise<boolean> {
      while (state !== "conflict" && current !== saved) {
        await run();
        if (state === "offline" || state === "failed") return false;
      }
      return current === saved;
    },
    /** After a conflict: goes on over another revision, with the document that was chosen. */
    resolve(document: Scheme, over: number, isSaved: boolean) {
      revision = over;
      current = document;
      if (isSaved) {
        saved = document;
        ports.keep(null);
        return say("saved");
      }
      say("waiting");
      void run();
    },
    stop() {
      cancel?.();
    },
  };
}

export type Saver<C> = ReturnType<typeof createSaver<C>>;
