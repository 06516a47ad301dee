import { type Block, blockOf, freeID, type Link, type Note, notesOf, type Scheme } from "./document";

// Changes of a scheme: each gives a new document and leaves the old one as it is, sharing what did not change, so that undo
// keeps whole documents and a canvas redraws only what is new.

const grid = 10;
const snap = (n: number) => Math.round(n / grid) * grid;

export interface Selection {
  blocks: ReadonlySet<string>;
  links: ReadonlySet<string>;
  notes: ReadonlySet<string>;
}

export const nothing: Selection = { blocks: new Set(), links: new Set(), notes: new Set() };

const withNotes = (s: Scheme, notes: Note[]): Scheme => ({ ...s, editor: { ...s.editor, notes } });

export function addBlock(
  s: Scheme,
  type: string,
  name: string,
  x: number,
  y: number,
  config: Block["config"] = {},
): [Scheme, Block] {
  const id = freeID(
    s.nodes.map((n) => n.id),
    type,
  );
  const block: Block = { id, type, name, x: snap(x), y: snap(y), config };
  return [{ ...s, nodes: [...s.nodes, block] }, block];
}

export function addLink(s: Scheme, link: Omit<Link, "id">): [Scheme, Link] {
  const made: Link = {
    id: freeID(
      s.links.map((l) => l.id),
      `${link.from}_${link.to}`.slice(0, 40),
    ),
    ...link,
  };
  if (!made.value) delete made.value;
  return [{ ...s, links: [...s.links, made] }, made];
}

export function changeBlock(s: Scheme, id: string, change: Partial<Omit<Block, "id" | "type">>): Scheme {
  return { ...s, nodes: s.nodes.map((n) => (n.id === id ? { ...n, ...change } : n)) };
}

/** The outcomes that a block's settings name, in order, and the type of the links that take them. */
function named(b: Block, config: Block["config"]): { type: Link["type"]; ids: string[] } | null {
  const lists: Record<string, [string, Link["type"]]> = {
    split: ["variants", "variant"],
    condition: ["branches", "branch"],
    menu: ["options", "option"],
  };
  const [list, type] = lists[b.type] ?? [];
  if (list && type) {
    const all = Array.isArray(config[list]) ? (config[list] as { id?: unknown }[]) : [];
    return { type, ids: all.map((x) => (typeof x?.id === "string" ? x.id : "")) };
  }
  if (b.type !== "voice") return null;
  return { type: "ivr", ids: config.ivr && typeof config.ivr === "object" ? Object.keys(config.ivr) : [] };
}

/** Changes a block's settings. An outcome that only gets another id keeps its links. */
export function configure(s: Scheme, id: string, config: Block["config"]): Scheme {
  const next = changeBlock(s, id, { config });
  const block = blockOf(s, id);
  const [was, is] = [block && named(block, block.config), block && named(block, config)];
  if (!was || !is || was.ids.length !== is.ids.length) return next;
  const other = is.ids.flatMap((x, i) => (x === was.ids[i] ? [] : [i]));
  const [at] = other;
  if (other.length !== 1 || at === undefined) return next;
  const times = (ids: string[], x: string) => ids.filter((y) => y === x).length;
  const [from, to] = [was.ids[at] ?? "", is.ids[at] ?? ""];
  // While an id is typed it may be empty, or another's: its links wait under the name that they had.
  if (!to || times(is.ids, to) > 1) return next;
  const mine = s.links.filter((l) => l.from === id && l.type === is.type);
  const lost = [...new Set(mine.map((l) => l.value ?? ""))].filter((v) => v !== "else" && !was.ids.includes(v));
  const old = from && times(was.ids, from) === 1 ? from : lost.length === 1 ? lost[0] : undefined;
  if (old === undefined) return next;
  const carried = (l: Link) => l.from === id && l.type === is.type && (l.value ?? "") === old;
  return { ...next, links: next.links.map((l) => (carried(l) ? { ...l, value: to } : l)) };
}

export function changeLink(s: Scheme, id: string, change: Partial<Omit<Link, "id">>): Scheme {
  return {
    ...s,
    links: s.links.map((l) => {
      if (l.id !== id) return l;
      const made = { ...l, ...change };
      if (!made.value) delete made.value;
      return made;
    }),
  };
}

/** Moves blocks and notes to where they were put; those that stay where they are stay the same objects. */
export function move(s: Scheme, to: ReadonlyMap<string, { x: number; y: number }>): Scheme {
  let moved = false;
  const place = <T extends { id: string; x: number; y: number }>(n: T): T => {
    const at = to.get(n.id);
    if (!at || (snap(at.x) === n.x && snap(at.y) === n.y)) return n;
    moved = true;
    return { ...n, x: snap(at.x), y: snap(at.y) };
  };
  const nodes = s.nodes.map(place);
  const notes = notesOf(s).map(place);
  if (!moved) return s;
  return notes.length ? withNotes({ ...s, nodes }, notes) : { ...s, nodes };
}

/** Removes what is selected, and the links that would hang in the air. */
export function remove(s: Scheme, chosen: Selection): Scheme {
  const gone = (id: string) => chosen.blocks.has(id);
  const next: Scheme = {
    ...s,
    nodes: s.nodes.filter((n) => !gone(n.id)),
    links: s.links.filter((l) => !gone(l.from) && !gone(l.to) && !chosen.links.has(l.id)),
  };
  if (next.entry !== undefined && gone(next.entry)) delete next.entry;
  return chosen.notes.size
    ? withNotes(
        next,
        notesOf(s).filter((n) => !chosen.notes.has(n.id)),
      )
    : next;
}

/** Puts a block into a link: what led to the link's end leads to the block now, and the block leads on by `out`. */
export function insertInto(
  s: Scheme,
  linkID: string,
  blockID: string,
  out: Pick<Link, "type" | "value"> | null,
): Scheme {
  const link = s.links.find((l) => l.id === linkID);
  if (!link || link.from === blockID || link.to === blockID) return s;
  const next = changeLink(s, linkID, { to: blockID });
  return out ? addLink(next, { from: blockID, to: link.to, ...out })[0] : next;
}

export function addNote(s: Scheme, x: number, y: number, text: string): [Scheme, Note] {
  const note: Note = {
    id: freeID(
      notesOf(s).map((n) => n.id),
      "note",
    ),
    x: snap(x),
    y: snap(y),
    width: 220,
    height: 120,
    text,
  };
  return [withNotes(s, [...notesOf(s), note]), note];
}

export function changeNote(s: Scheme, id: string, change: Partial<Omit<Note, "id">>): Scheme {
  return withNotes(
    s,
    notesOf(s).map((n) => (n.id === id ? { ...n, ...change } : n)),
  );
}

export type Edge = "left" | "right" | "top" | "bottom" | "center" | "middle";

/** Lines the chosen blocks up. Sizes are of the drawing, by id. */
export function align(
  s: Scheme,
  chosen: ReadonlySet<string>,
  edge: Edge,
  size: (id: string) => { width: number; height: number },
): Scheme {
  const blocks = s.nodes.filter((n) => chosen.has(n.id));
  if (blocks.length < 2) return s;
  const horizontal = edge === "left" || edge === "right" || edge === "center";
  const low = (b: Block) => (horizontal ? b.x : b.y);
  const extent = (b: Block) => (horizontal ? size(b.id).width : size(b.id).height);
  const from = Math.min(...blocks.map(low));
  const until = Math.max(...blocks.map((b) => low(b) + extent(b)));
  const part = edge === "left" || edge === "top" ? 0 : edge === "right" || edge === "bottom" ? 1 : 0.5;
  return move(
    s,
    new Map(
      blocks.map((b) => {
        const at = from + (until - from - extent(b)) * part;
        return [b.id, horizontal ? { x: at, y: b.y } : { x: b.x, y: at }];
      }),
    ),
  );
}

/** Spreads three or more blocks with equal gaps between them. */
export function distribute(
  s: Scheme,
  chosen: ReadonlySet<string>,
  along: "x" | "y",
  size: (id: string) => { width: number; height: number },
): Scheme {
  const extent = (b: Block) => (along === "x" ? size(b.id).width : size(b.id).height);
  const blocks = s.nodes.filter((n) => chosen.has(n.id)).sort((a, b) => a[along] - b[along]);
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (!first || !last || blocks.length < 3) return s;
  const room = last[along] + extent(last) - first[along] - blocks.reduce((sum, b) => sum + extent(b), 0);
  const gap = room / (blocks.length - 1);
  let at = first[along];
  const to = new Map<string, { x: number; y: number }>();
  for (const b of blocks) {
    to.set(b.id, along === "x" ? { x: at, y: b.y } : { x: b.x, y: at });
    at += extent(b) + gap;
  }
  return move(s, to);
}

/** The scheme with only what is selected: blocks, the links between them, and notes. */
export function part(s: Scheme, chosen: Selection): Pick<Scheme, "nodes" | "links"> & { notes: Note[] } {
  return {
    nodes: s.nodes.filter((n) => chosen.blocks.has(n.id)),
    links: s.links.filter((l) => chosen.blocks.has(l.from) && chosen.blocks.has(l.to)),
    notes: notesOf(s).filter((n) => chosen.notes.has(n.id)),
  };
}

/** Adds copies under free ids, moved by an offset; gives the selection of what was added. */
export function paste(s: Scheme, what: ReturnType<typeof part>, dx: number, dy: number): [Scheme, Selection] {
  const names = new Map<string, string>();
  const taken = new Set(s.nodes.map((n) => n.id));
  const nodes = what.nodes.map((n) => {
    const id = freeID(taken, n.id);
    taken.add(id);
    names.set(n.id, id);
    return { ...n, id, x: snap(n.x + dx), y: snap(n.y + dy) };
  });
  const takenLinks = new Set(s.links.map((l) => l.id));
  const links = what.links.flatMap((l) => {
    const [from, to] = [names.get(l.from), names.get(l.to)];
    if (!from || !to) return [];
    const id = freeID(takenLinks, l.id);
    takenLinks.add(id);
    return [{ ...l, id, from, to }];
  });
  const takenNotes = new Set(notesOf(s).map((n) => n.id));
  const notes = what.notes.map((n) => {
    const id = freeID(takenNotes, n.id);
    takenNotes.add(id);
    return { ...n, id, x: snap(n.x + dx), y: snap(n.y + dy) };
  });
  const next: Scheme = { ...s, nodes: [...s.nodes, ...nodes], links: [...s.links, ...links] };
  const chosen: Selection = {
    blocks: new Set(nodes.map((n) => n.id)),
    links: new Set(links.map((l) => l.id)),
    notes: new Set(notes.map((n) => n.id)),
  };
  return [notes.length ? withNotes(next, [...notesOf(s), ...notes]) : next, chosen];
}

export const duplicate = (s: Scheme, chosen: Selection): [Scheme, Selection] => paste(s, part(s, chosen), 40, 40);

/** The name of a block as people see it: its own, or else its type's. */
export const nameOf = (s: Scheme, id: string, typeName: (type: string) => string): string => {
  const b = blockOf(s, id);
  return b ? b.name || typeName(b.type) : id;
};
