import type { Block, Link, Scheme } from "./document";
import { arrange } from "./layout";

const object = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);

const isBlock = (n: unknown): n is Block => object(n) && typeof n.id === "string" && typeof n.type === "string";
const isLink = (l: unknown): l is Link =>
  object(l) &&
  typeof l.id === "string" &&
  typeof l.from === "string" &&
  typeof l.to === "string" &&
  typeof l.type === "string";

/**
 * A document as the canvas can draw it, null where it cannot: a draft may be any object, for whoever saves it through the API.
 * What only the drawing needs is filled in: blocks without a place are arranged.
 */
export function drawable(v: unknown): Scheme | null {
  if (!object(v) || (v.kind !== "cascade" && v.kind !== "routing")) return null;
  const [nodes, links] = [v.nodes ?? [], v.links ?? []];
  if (!Array.isArray(nodes) || !Array.isArray(links) || !nodes.every(isBlock) || !links.every(isLink)) return null;
  const name = typeof v.name === "string" ? v.name : "";
  const whole = { ...v, name, nodes: nodes.map(placed), links } as Scheme;
  const placeless = nodes.length > 1 && nodes.every((n) => typeof n.x !== "number" || typeof n.y !== "number");
  return placeless ? arrange(whole, () => ({ width: 220, height: 90 })) : whole;
}

const placed = (n: Block): Block => ({
  ...n,
  name: typeof n.name === "string" ? n.name : "",
  x: typeof n.x === "number" ? n.x : 0,
  y: typeof n.y === "number" ? n.y : 0,
  config: object(n.config) ? n.config : {},
});
