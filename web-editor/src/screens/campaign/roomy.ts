import { notesOf, type Scheme } from "../../canvas/logic/document";

// A block with its figures beneath, and a label between it and the next.
const room = 250;
const most = 2.5;

/** The scheme drawn higher, where there is no room for figures between blocks that follow each other. */
export function roomy(s: Scheme): Scheme {
  const at = new Map(s.nodes.map((n) => [n.id, n]));
  const gaps = s.links.flatMap((l) => {
    const [from, to] = [at.get(l.from), at.get(l.to)];
    const gap = from && to ? to.y - from.y : 0;
    // What stands beside needs no room below.
    const beside = from && to ? Math.abs(to.x - from.x) > 240 : true;
    return gap >= 60 && !beside ? [gap] : [];
  });
  const factor = Math.min(most, room / Math.min(room, ...gaps));
  if (factor <= 1.02) return s;
  const higher = <T extends { y: number }>(n: T): T => ({ ...n, y: Math.round(n.y * factor) });
  const notes = notesOf(s);
  return {
    ...s,
    nodes: s.nodes.map(higher),
    ...(notes.length > 0 && { editor: { ...s.editor, notes: notes.map(higher) } }),
  };
}
