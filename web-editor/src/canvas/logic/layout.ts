import dagre from "@dagrejs/dagre";
import type { Scheme } from "./document";
import { move } from "./edit";

/** Puts all blocks into rows from the entry down, so that links cross as little as possible. */
export function arrange(
  s: Scheme,
  size: (id: string) => { width: number; height: number },
  direction: "TB" | "LR" = "TB",
): Scheme {
  const g = new dagre.graphlib.Graph({ multigraph: true });
  g.setGraph({ rankdir: direction, nodesep: 60, ranksep: 90, marginx: 40, marginy: 40 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of s.nodes) g.setNode(n.id, { ...size(n.id) });
  const known = new Set(s.nodes.map((n) => n.id));
  for (const l of s.links) if (known.has(l.from) && known.has(l.to)) g.setEdge(l.from, l.to, {}, l.id);
  dagre.layout(g);
  return move(
    s,
    new Map(
      s.nodes.map((n) => {
        const at = g.node(n.id) as { x: number; y: number };
        const { width, height } = size(n.id);
        return [n.id, { x: at.x - width / 2, y: at.y - height / 2 }];
      }),
    ),
  );
}
