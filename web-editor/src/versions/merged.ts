import type { components } from "../api/schema";
import type { Scheme } from "../canvas/logic/document";
import type { Field, Words } from "../canvas/types";
import type { Mark, Marks } from "../canvas/ui";

export type Difference = components["schemas"]["Difference"];
type Parts = components["schemas"]["Parts"];
type FieldChange = components["schemas"]["FieldChange"];

/** Both states of a scheme in one drawing: the later one, with what is gone where it stood, and what each part is marked as. */
export function merged(before: Scheme, after: Scheme, d: Difference): { scheme: Scheme; marks: Marks } {
  const [nodes, links] = [after.nodes.map((n) => n.id), after.links.map((l) => l.id)];
  const gone = before.nodes.filter((n) => !nodes.includes(n.id));
  const cut = before.links.filter((l) => !links.includes(l.id));
  return {
    scheme: { ...after, nodes: [...after.nodes, ...gone], links: [...after.links, ...cut] },
    marks: { blocks: marksOf(d.nodes), links: marksOf(d.links) },
  };
}

const marksOf = (p: Parts): Map<string, Mark> =>
  new Map<string, Mark>([
    ...p.added.map((x) => [x.id, "added"] as const),
    ...p.removed.map((x) => [x.id, "removed"] as const),
    // A block that only stands elsewhere does what it did.
    ...p.changed.filter((x) => !x.moved).map((x) => [x.id, "changed"] as const),
  ]);

/** A difference without the blocks that were only moved, and how many those are. */
export function withoutMoves(d: Difference): { difference: Difference; moved: number } {
  const changed = d.nodes.changed.filter((x) => !x.moved);
  const moved = d.nodes.changed.length - changed.length;
  return { difference: { ...d, nodes: { ...d.nodes, changed } }, moved };
}

/** The name of a setting that a pointer leads to, by the description of its block: "Button: Address". */
export function settingName(pointer: string, fields: readonly Field[], say: (w: Words) => string): string {
  const [first, ...rest] = pointer.split("/").filter(Boolean);
  if (first !== "config") return "";
  const names: string[] = [];
  let level = fields;
  for (const part of rest) {
    const f = level.find((x) => x.name === part);
    if (f) names.push(say(f.label));
    else names.push(/^\d+$/.test(part) ? String(Number(part) + 1) : part);
    if (f?.fields) level = f.fields;
  }
  return names.join(": ");
}

/** What a changed setting was and is, as text that fits into a line. */
export function valuesOf(c: FieldChange, most = 120): { before: string; after: string } {
  const text = (v: unknown) => {
    const s = v === undefined || v === null ? "" : typeof v === "string" ? v : JSON.stringify(v);
    return s.length > most ? `${s.slice(0, most)}…` : s;
  };
  return { before: text(c.before), after: text(c.after) };
}

/** Which of two states is the earlier: the draft comes after all versions. */
export const inTime = <T extends { number: number }>(a: T, b: T): [T, T] => (a.number <= b.number ? [a, b] : [b, a]);
