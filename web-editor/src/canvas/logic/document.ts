// The document of a scheme as it is stored; what it means is the contract's (engine/scheme/CONTRACT.md).

export type Kind = "cascade" | "routing";

export type LinkType =
  | "status"
  | "reply"
  | "ivr"
  | "error"
  | "next"
  | "variant"
  | "branch"
  | "option"
  | "timeout"
  | "not_accepted"
  | "nobody_online";

export interface Block {
  id: string;
  type: string;
  name: string;
  x: number;
  y: number;
  config: Record<string, unknown>;
  editor?: Record<string, unknown>;
}

export interface Link {
  id: string;
  from: string;
  to: string;
  type: LinkType;
  value?: string;
}

/** A comment on the canvas; it belongs to the editor and means nothing to the engine. */
export interface Note {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  text: string;
  color?: string;
}

export interface Scheme {
  format?: number;
  kind: Kind;
  name: string;
  entry?: string;
  nodes: Block[];
  links: Link[];
  editor?: { notes?: Note[] } & Record<string, unknown>;
}

export function empty(kind: Kind, name: string): Scheme {
  return { kind, name, nodes: [], links: [] };
}

export const notesOf = (s: Scheme): Note[] => s.editor?.notes ?? [];

// Of each list of blocks, made once: while something is dragged, every link asks for its block at every frame.
const indices = new WeakMap<Block[], Map<string, Block>>();

export function blockOf(s: Scheme, id: string): Block | undefined {
  let index = indices.get(s.nodes);
  if (!index) {
    index = new Map(s.nodes.map((n) => [n.id, n]));
    indices.set(s.nodes, index);
  }
  return index.get(id);
}

const twins = new WeakMap<Link[], Map<string, string[]>>();

/** The links between the same two blocks, this one included, in their order. */
export function besides(links: Link[], link: Link): string[] {
  let index = twins.get(links);
  if (!index) {
    index = new Map();
    for (const l of links) index.set(`${l.from} ${l.to}`, [...(index.get(`${l.from} ${l.to}`) ?? []), l.id]);
    twins.set(links, index);
  }
  return index.get(`${link.from} ${link.to}`) ?? [link.id];
}

/** An id that is not taken: the wish itself, or the wish with a number. */
export function freeID(taken: Iterable<string>, wish: string): string {
  const all = new Set(taken);
  const base = wish.replace(/[^A-Za-z0-9_-]/g, "").slice(0, 48) || "n";
  if (!all.has(base)) return base;
  for (let i = 2; ; i++) if (!all.has(`${base}${i}`)) return `${base}${i}`;
}
