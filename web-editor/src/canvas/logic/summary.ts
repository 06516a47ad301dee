import type { Block } from "./document";
import { parts } from "./duration";
import type { Say } from "./words";

const text = (v: unknown): string => (typeof v === "string" ? v : "");
const object = (v: unknown): Record<string, unknown> =>
  v && typeof v === "object" && !Array.isArray(v) ? (v as Record<string, unknown>) : {};
const list = (v: unknown): Record<string, unknown>[] => (Array.isArray(v) ? v.map(object) : []);

/** A duration in words. */
export function lasting(v: string, say: Say): string {
  const p = parts(v);
  return p ? say(`canvas.lasts.${p.unit}`, { count: p.amount }) : v;
}

/** What a block does, in a line or two: what a person wants to see without opening it. */
export function summary(b: Block, say: Say): string {
  const c = b.config;
  switch (b.type) {
    case "delay": {
      const until = text(object(c.until).time);
      return [text(c.for) && lasting(text(c.for), say), until && say("canvas.sum.until", { time: until })]
        .filter(Boolean)
        .join(", ");
    }
    case "split":
      return list(c.variants)
        .map((v) => `${text(v.name) || text(v.id)}: ${typeof v.weight === "number" ? v.weight : "?"}`)
        .join(" · ");
    case "condition":
      return list(c.branches)
        .map((x) => text(x.when))
        .filter(Boolean)
        .join(" · ");
    case "webhook":
      return [text(c.method), text(c.url)].filter(Boolean).join(" ");
    default:
      return text(c.text) || text(c.template) || text(c.audio) || text(c.recording) || text(c.image);
  }
}
