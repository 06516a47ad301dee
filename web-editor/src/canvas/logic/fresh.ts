import type { Block, Kind, Scheme } from "./document";

/** What a new block's settings begin with: what nearly everybody would fill in first. */
export function freshConfig(s: Scheme, type: string, senders: boolean): Block["config"] {
  switch (type) {
    case "delay":
      return { for: "1h" };
    case "split":
      return {
        variants: [
          { id: "a", weight: 50 },
          { id: "b", weight: 50 },
        ],
      };
    case "condition":
      return { branches: [{ id: "b1", when: "" }] };
    default:
      return senders ? { sender: lastSender(s, type) } : {};
  }
}

/** A second SMS most often goes from the same sender. */
function lastSender(s: Scheme, type: string): string {
  const same = s.nodes.filter((n) => n.type === type && typeof n.config.sender === "string").at(-1);
  return (same?.config.sender as string | undefined) ?? "";
}

/** Where a block that follows another goes: under it, or beside what is there already. */
export function placeAfter(s: Scheme, from: Block, width = 220): { x: number; y: number } {
  const y = from.y + 170;
  let x = from.x;
  const taken = () => s.nodes.some((n) => Math.abs(n.x - x) < width + 20 && Math.abs(n.y - y) < 120);
  while (taken()) x += width + 40;
  return { x, y };
}

export const suits = (t: { cascade: boolean; routing: boolean }, kind: Kind): boolean =>
  kind === "cascade" ? t.cascade : t.routing;
