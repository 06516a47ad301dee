import { useEffect, useRef, useState } from "react";

export type Connection = "connecting" | "live" | "lost";

// The server ends a stream now and then, and the browser connects again: only what lasts longer is a loss.
const patience = 6_000;

/**
 * Listens to server-sent events of an address while the component is there; null: not now. `names` are those of the events
 * that are taken, separated by spaces. The browser connects again by itself, and the server then begins with the whole state.
 */
export function useLive<T>(
  address: string | null,
  take: (event: T, name: string) => void,
  names = "message",
): Connection {
  const [state, setState] = useState<Connection>("connecting");
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    if (!address) return;
    let source: EventSource;
    let losing: ReturnType<typeof setTimeout> | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(address);
      source.onopen = () => {
        clearTimeout(losing);
        losing = undefined;
        setState("live");
      };
      source.onerror = () => {
        losing ??= setTimeout(() => setState("lost"), patience);
        // A refusal is final for the browser, not for us: there may be a stream for us later.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(open, patience);
      };
      for (const name of names.split(" "))
        source.addEventListener(name, (e) => latest.current(JSON.parse((e as MessageEvent<string>).data) as T, name));
    };
    open();
    return () => {
      clearTimeout(losing);
      clearTimeout(again);
      source.close();
    };
  }, [address, names]);
  return state;
}
