import { createContext, useContext, useEffect, useId } from "react";

/** Who has something that was typed and is not saved. */
export interface Unsaved {
  mark(who: string, unsaved: boolean): void;
  any(): boolean;
  /** Tells when there is something for the first time, and when nothing is left. */
  subscribe(f: () => void): () => void;
}

/** Keeps who has something unsaved; whoever is around hears of it too. */
export function createUnsaved(around?: Unsaved | null): Unsaved {
  const all = new Set<string>();
  const listeners = new Set<() => void>();
  return {
    mark(who, unsaved) {
      around?.mark(who, unsaved);
      const before = all.size > 0;
      if (unsaved) all.add(who);
      else all.delete(who);
      if (before !== all.size > 0) for (const tell of listeners) tell();
    },
    any: () => all.size > 0,
    subscribe(f) {
      listeners.add(f);
      return () => listeners.delete(f);
    },
  };
}

interface Place {
  pathname: string;
  state?: unknown;
}

/** Given along with the way from a screen whose object is no more: there is nothing to stay for. */
export const gone = { state: { gone: true } } as const;

/** Whether going from one screen to another loses what was typed: a screen's own filters and tabs do not. */
export const loses = (from: Place, to: Place): boolean =>
  from.pathname !== to.pathname && (to.state as { gone?: boolean } | null | undefined)?.gone !== true;

const Context = createContext<Unsaved | null>(null);
export const UnsavedProvider = Context.Provider;
export const useAround = () => useContext(Context);

/** Says that here is something typed and not saved: nobody leaves without being asked. */
export function useUnsaved(unsaved: boolean) {
  const around = useAround();
  const who = useId();
  useEffect(() => {
    if (!unsaved || !around) return;
    around.mark(who, true);
    return () => around.mark(who, false);
  }, [unsaved, around, who]);
}
