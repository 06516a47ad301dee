import type { Block } from "../../canvas/logic/document";

/** A text of a block that can be corrected while the campaign runs. */
export interface BlockText {
  field: string;
  text: string;
}

/** The texts of a block, by the name that a correction gives them. */
export function textsOf(block: Block): BlockText[] {
  const out: BlockText[] = [];
  const { text, button, parameters } = block.config;
  if (typeof text === "string" && text) out.push({ field: "text", text });
  if (button && typeof button === "object") {
    const b = button as Record<string, unknown>;
    for (const k of ["text", "url"])
      if (typeof b[k] === "string" && b[k]) out.push({ field: `button.${k}`, text: b[k] });
  }
  if (Array.isArray(parameters))
    for (const [i, p] of parameters.entries())
      if (typeof p === "string") out.push({ field: `parameters.${i}`, text: p });
  return out;
}

interface Corrected {
  node: string;
  field: string;
  new: string;
}

/** The texts of a block as they are by now, the corrections so far among them, the oldest first. */
export function textsNow(block: Block, corrections: readonly Corrected[]): BlockText[] {
  return textsOf(block).map((t) => {
    const last = corrections.filter((c) => c.node === block.id && c.field === t.field).at(-1);
    return last ? { ...t, text: last.new } : t;
  });
}
