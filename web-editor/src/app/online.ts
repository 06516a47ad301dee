import { useSyncExternalStore } from "react";

function listen(f: () => void) {
  window.addEventListener("online", f);
  window.addEventListener("offline", f);
  return () => {
    window.removeEventListener("online", f);
    window.removeEventListener("offline", f);
  };
}

/** Whether the browser has a network at all. */
export const useOnline = () => useSyncExternalStore(listen, () => navigator.onLine);
