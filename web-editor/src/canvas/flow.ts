import { type Edge, MarkerType, type Node } from "@xyflow/react";
import type { Block, Link, Note, Scheme } from "./logic/document";
import { notesOf } from "./logic/document";
import type { Selection } from "./logic/edit";
import { family } from "./logic/outcomes";

export type BlockNode = Node<{ block: Block }, "block">;
export type NoteNode = Node<{ note: Note }, "note">;
export type CanvasNode = BlockNode | NoteNode;
export type LinkEdge = Edge<{ link: Link }, "link">;

/**
 * Makes React Flow's nodes and edges of a scheme. What has not changed since the last time is the same object as then, so
 * that only what was moved or changed is drawn again: with 500 blocks nothing else keeps a drag smooth.
 */
export function mapper() {
  let nodes = new Map<string, CanvasNode>();
  let edges = new Map<string, LinkEdge>();
  let lines: LinkEdge[] = [];
  return {
    nodes(s: Scheme, chosen: Selection): CanvasNode[] {
      const next = new Map<string, CanvasNode>();
      for (const block of s.nodes) {
        const old = nodes.get(block.id) as BlockNode | undefined;
        const selected = chosen.blocks.has(block.id);
        next.set(
          block.id,
          old?.data.block === block && old.selected === selected
            ? old
            : {
                ...(old && { measured: old.measured }),
                id: block.id,
                type: "block",
                position: { x: block.x, y: block.y },
                selected,
                data: old?.data.block === block ? old.data : { block },
              },
        );
      }
      for (const note of notesOf(s)) {
        const id = `note:${note.id}`;
        const old = nodes.get(id) as NoteNode | undefined;
        const selected = chosen.notes.has(note.id);
        next.set(
          id,
          old?.data.note === note && old.selected === selected
            ? old
            : {
                ...(old && { measured: old.measured }),
                id,
                type: "note",
                position: { x: note.x, y: note.y },
                selected,
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
    edges(s: Scheme, chosen: Selection): LinkEdge[] {
      const next = new Map<string, LinkEdge>();
      for (const link of s.links) {
        const old = edges.get(link.id);
        const selected = chosen.links.has(link.id);
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
      return { width: m?.width ?? 220, height: m?.height ?? 84 };
    },
  };
}

export type Mapper = ReturnType<typeof mapper>;
