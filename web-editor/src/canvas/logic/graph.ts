import type { Link, Scheme } from "./document";

/** The blocks that lead from `from` to `to` along the drawn links, both included; null where there is no way. */
export function path(links: readonly Link[], from: string, to: string): string[] | null {
  const next = new Map<string, string[]>();
  for (const l of links) next.set(l.from, [...(next.get(l.from) ?? []), l.to]);
  const before = new Map<string, string | null>([[from, null]]);
  const queue = [from];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    if (at === to) {
      const way: string[] = [];
      for (let step: string | null = at; step !== null; step = before.get(step) ?? null) way.unshift(step);
      return way;
    }
    for (const n of next.get(at) ?? []) {
      if (!before.has(n)) {
        before.set(n, at);
        queue.push(n);
      }
    }
  }
  return null;
}

/**
 * The loop that a link from one block to another would close, as the blocks in order, the first one again at the end;
 * null where it closes none. Only cascades forbid loops.
 */
export function loop(s: Scheme, from: string, to: string, without?: string): string[] | null {
  if (s.kind !== "cascade") return null;
  const way = path(
    s.links.filter((l) => l.id !== without),
    to,
    from,
  );
  return way ? [from, ...way] : null;
}

/** Blocks without an incoming link; one of them is where a walk begins. */
export function entries(s: Scheme): string[] {
  const reached = new Set(s.links.map((l) => l.to));
  return s.nodes.filter((n) => !reached.has(n.id)).map((n) => n.id);
}

/** All blocks as a walk meets them: from the entries on, each once; then those that nothing leads to. */
export function inOrder(s: Scheme): Scheme["nodes"] {
  const seen = new Set(s.entry ? [s.entry] : entries(s));
  for (const at of seen) for (const l of s.links) if (l.from === at) seen.add(l.to);
  for (const n of s.nodes) seen.add(n.id);
  const by = new Map(s.nodes.map((n) => [n.id, n]));
  return [...seen].flatMap((id) => by.get(id) ?? []);
}
