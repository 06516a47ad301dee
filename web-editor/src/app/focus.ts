import { useEffect } from "react";

/** How long a dialog that has closed has to give the focus back itself, in milliseconds. */
const patience = 150;

/**
 * Where what has the focus goes away, as a button does with its row, the screen takes the focus: whoever works by keyboard or
 * listens would be at the beginning of the page otherwise.
 */
export function useFocusKept() {
  useEffect(() => {
    let last: Element | null = null;
    const come = (e: FocusEvent) => {
      last = e.target instanceof Element ? e.target : null;
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const lost = () => last !== null && !last.isConnected && document.activeElement === document.body;
    const gone = new MutationObserver(() => {
      clearTimeout(timer);
      if (lost())
        timer = setTimeout(
          () => lost() && document.getElementById("content")?.focus({ preventScroll: true }),
          patience,
        );
    });
    document.addEventListener("focusin", come);
    gone.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", come);
      gone.disconnect();
      clearTimeout(timer);
    };
  }, []);
}
