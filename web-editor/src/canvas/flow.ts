import { type Edge, MarkerType, type Node } from "@xyflow/react";
import type { Block, Link, Note, Scheme } from "./logic/document";
import { notesOf } from "./logic/document";
import type { Selection } from "./logic/edit";
import { family } from "./logic/outcomes";
import { everything, meet, type Rect, type Scope } from "./logic/seen";

export type BlockNode = Node<{ block: Block }, "block">;
export type NoteNode = Node<{ note: Note }, "note">;
export type CanvasNode = BlockNode | NoteNode;
export type LinkEdge = Edge<{ link: Link }, "link">;

/** The size of a card that was not measured yet. */
const cardWidth = 220;
const cardHeight = 84;

/**
 * Makes React Flow's nodes and edges of a scheme. What has not changed since the last time is the same object as then, so
 * that only what was moved or changed is drawn again: with 500 blocks nothing else keeps a drag smooth.
 */
export function mapper() {
  let nodes = new Map<string, CanvasNode>();
  let edges = new Map<string, LinkEdge>();
  let lines: LinkEdge[] = [];
  return {
    /** The blocks and notes of a scheme. Those that a scope does not show are hidden, if they were measured before. */
    nodes(s: Scheme, chosen: Selection, { part }: Scope = everything): CanvasNode[] {
      const next = new Map<string, CanvasNode>();
      const hides = (at: { x: number; y: number }, old: CanvasNode | undefined, selected: boolean) =>
        part !== null && !selected && old?.measured !== undefined && !meet(part, boxOf(at, old.measured));
      for (const block of s.nodes) {
        const old = nodes.get(block.id) as BlockNode | undefined;
        const selected = chosen.blocks.has(block.id);
        const hidden = hides(block, old, selected);
        next.set(
          block.id,
          old?.data.block === block && old.selected === selected && old.hidden === hidden
            ? old
            : {
                ...(old && { measured: old.measured }),
                id: block.id,
                type: "block",
                position: { x: block.x, y: block.y },
                selected,
                hidden,
                data: old?.data.block === block ? old.data : { block },
              },
        );
      }
      for (const note of notesOf(s)) {
        const id = `note:${note.id}`;
        const old = nodes.get(id) as NoteNode | undefined;
        const selected = chosen.notes.has(note.id);
        const hidden = hides(note, old, selected);
        next.set(
          id,
          old?.data.note === note && old.selected === selected && old.hidden === hidden
            ? old
            : {
                ...(old && { measured: old.measured }),
                id,
                type: "note",
                position: { x: note.x, y: note.y },
                selected,
                hidden,
                zIndex: -1,
                width: note.width,
                height: note.height,
                data: { note },
              },
        );
      }
      nodes = next;
      return [...next.values()];
    },
    /** The links of a scheme, or those of them that a scope shows; one that is selected is there always. */
    edges(s: Scheme, chosen: Selection, scope: Scope = everything): LinkEdge[] {
      const next = new Map<string, LinkEdge>();
      const seen = showing(s, scope);
      for (const link of s.links) {
        const old = edges.get(link.id);
        const selected = chosen.links.has(link.id);
        if (!selected && !seen(link)) continue;
        next.set(
          link.id,
          old?.data?.link === link && old.selected === selected
            ? old
            : {
                id: link.id,
                type: "link",
                source: link.from,
                target: link.to,
                selected,
                data: { link },
                markerEnd: { type: MarkerType.ArrowClosed, color: `var(--link-${family(link.type)})` },
              },
        );
      }
      edges = next;
      // A list that is another makes React Flow look at every link again, at every step of a drag.
      const all = [...next.values()];
      if (all.length !== lines.length || all.some((e, i) => e !== lines[i])) lines = all;
      return lines;
    },
    /** What React Flow measured of a node, kept so that it is not measured again. */
    measured(id: string, size: { width: number; height: number }) {
      const old = nodes.get(id);
      if (old) nodes.set(id, { ...old, measured: size } as CanvasNode);
    },
    size: (id: string) => {
      const m = nodes.get(id)?.measured;
      return { width: m?.width ?? cardWidth, height: m?.height ?? cardHeight };
    },
  };
}

const boxOf = ({ x, y }: { x: number; y: number }, size: { width?: number; height?: number } = {}): Rect => ({
  left: x,
  top: y,
  right: x + (size.width ?? cardWidth),
  bottom: y + (size.height ?? cardHeight),
});

/** Which links a scope shows: those with a part of the way from one block to the other in it. */
function showing(s: Scheme, { far, part }: Scope): (l: Link) => boolean {
  if (far) return () => false;
  if (!part) return () => true;
  const blocks = new Map(s.nodes.map((b) => [b.id, b]));
  return (l) => {
    const [a, b] = [blocks.get(l.from), blocks.get(l.to)];
    if (!a || !b) return false;
    const [from, to] = [boxOf(a), boxOf(b)];
    return meet(part, {
      left: Math.min(from.left, to.left),
      top: Math.min(from.top, to.top),
      right: Math.max(from.right, to.right),
      bottom: Math.max(from.bottom, to.bottom),
    });
  };
}

export type Mapper = ReturnType<typeof mapper>;
