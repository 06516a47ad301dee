import { blockOf, type Scheme } from "./document";

interface Part {
  id: string;
  type?: string;
  name?: string;
  from?: string;
  to?: string;
}
interface Parts {
  added: Part[];
  removed: Part[];
  changed: Part[];
}
export interface Difference {
  fields: { field: string }[];
  nodes: Parts;
  links: Parts;
}

export interface Change {
  what: "document" | "blockAdded" | "blockRemoved" | "blockChanged" | "linkAdded" | "linkRemoved" | "linkChanged";
  name: string;
}

/** What a difference says, block by block and link by link, under the names that people know. */
export function changesOf(d: Difference, s: Scheme, typeName: (type: string) => string): Change[] {
  const names = new Map(
    [...d.nodes.added, ...d.nodes.removed, ...d.nodes.changed].map((p) => [p.id, p.name || typeName(p.type ?? "")]),
  );
  const block = (id = "") => {
    const b = blockOf(s, id);
    return names.get(id) || (b && (b.name || typeName(b.type))) || id;
  };
  const link = (p: Part) => {
    const drawn = s.links.find((l) => l.id === p.id);
    return `${block(p.from ?? drawn?.from)} → ${block(p.to ?? drawn?.to)}`;
  };
  const all = (parts: Part[], what: Change["what"], name: (p: Part) => string) =>
    parts.map((p) => ({ what, name: name(p) }));
  return [
    ...(d.fields.length ? [{ what: "document" as const, name: s.name }] : []),
    ...all(d.nodes.added, "blockAdded", (p) => block(p.id)),
    ...all(d.nodes.removed, "blockRemoved", (p) => block(p.id)),
    ...all(d.nodes.changed, "blockChanged", (p) => block(p.id)),
    ...all(d.links.added, "linkAdded", link),
    ...all(d.links.removed, "linkRemoved", link),
    ...all(d.links.changed, "linkChanged", link),
  ];
}
