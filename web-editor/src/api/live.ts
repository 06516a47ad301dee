import { useEffect, useRef, useState } from "react";

export type Connection = "connecting" | "live" | "lost";

/**
 * Listens to server-sent events of an address while the component is there; null: not now. The browser connects again by
 * itself, and the server then begins with the whole state.
 */
export function useLive<T>(address: string | null, take: (event: T) => void): Connection {
  const [state, setState] = useState<Connection>("connecting");
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    if (!address) return;
    const source = new EventSource(address);
    source.onopen = () => setState("live");
    source.onerror = () => setState("lost");
    source.onmessage = (e) => latest.current(JSON.parse(e.data) as T);
    return () => source.close();
  }, [address]);
  return state;
}
