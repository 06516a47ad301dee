import type { part } from "./edit";

type Part = ReturnType<typeof part>;

const mark = "kaskad/blocks";
const maxBytes = 1 << 20;

/** The text that goes to the system's clipboard, so that other windows and schemes can take it. */
export const pack = (what: Part): string => JSON.stringify({ [mark]: 1, ...what });

const object = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);
const text = (v: unknown): v is string => typeof v === "string" && v.length <= 10_000;
const number = (v: unknown): v is number => typeof v === "number" && Number.isFinite(v);

/** What was copied; null where the clipboard holds something else. Its content is a stranger's: only known shapes pass. */
export function unpack(clip: string): Part | null {
  if (clip.length > maxBytes || !clip.includes(mark)) return null;
  let v: unknown;
  try {
    v = JSON.parse(clip);
  } catch {
    return null;
  }
  if (!object(v) || v[mark] !== 1 || !Array.isArray(v.nodes) || !Array.isArray(v.links) || !Array.isArray(v.notes))
    return null;
  const nodes = v.nodes.filter(
    (n) => object(n) && text(n.id) && text(n.type) && text(n.name) && number(n.x) && number(n.y) && object(n.config),
  );
  const links = v.links.filter((l) => object(l) && text(l.id) && text(l.from) && text(l.to) && text(l.type));
  const notes = v.notes.filter(
    (n) => object(n) && text(n.id) && text(n.text) && number(n.x) && number(n.y) && number(n.width) && number(n.height),
  );
  return { nodes, links, notes } as Part;
}
