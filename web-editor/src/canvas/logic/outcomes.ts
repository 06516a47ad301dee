import type { Block, Link, LinkType, Scheme } from "./document";

/** An outcome as the list of block types describes it. */
export interface Outcome {
  type: LinkType;
  value?: string;
  /** Every value may be given: a reply's condition, an error's reason. */
  any?: boolean;
}

const list = (v: unknown): Record<string, unknown>[] =>
  Array.isArray(v) ? v.filter((x) => x && typeof x === "object") : [];
const ids = (v: unknown): string[] => list(v).flatMap((x) => (typeof x.id === "string" && x.id ? [x.id] : []));

/**
 * What links of a block may take, in the order in which a person wants them shown. `fixed` are those of its type; others
 * follow from its settings.
 */
export function outcomesOf(block: Block, fixed: readonly Outcome[]): Outcome[] {
  const c = block.config;
  switch (block.type) {
    case "voice": {
      const menu = (c.ivr && typeof c.ivr === "object" ? c.ivr : {}) as Record<string, { action?: string }>;
      const keys = Object.keys(menu).filter((k) => menu[k]?.action !== "unsubscribe");
      return fixed.filter((o) => o.type !== "ivr").concat(keys.map((value) => ({ type: "ivr", value })));
    }
    case "split":
      return ids(c.variants).map((value) => ({ type: "variant", value }));
    case "condition":
      return [...ids(c.branches), "else"].map((value) => ({ type: "branch", value }));
    case "menu":
      return [...[...ids(c.options), "else"].map((value): Outcome => ({ type: "option", value })), { type: "timeout" }];
    default:
      return [...fixed];
  }
}

/** Whether a link takes an outcome. */
export const takes = (l: Link, o: Outcome): boolean =>
  l.type === o.type && (o.any || (l.value ?? "") === (o.value ?? ""));

/** The outcomes that a new link from a block may take: all that are not drawn yet, and those of which there may be several. */
export function freeOutcomes(s: Scheme, block: Block, fixed: readonly Outcome[], except?: string): Outcome[] {
  const drawn = s.links.filter((l) => l.from === block.id && l.id !== except);
  return outcomesOf(block, fixed).filter((o) => o.any || !drawn.some((l) => takes(l, o)));
}

/** The links that a block does not offer any more after its settings have changed. */
export function orphans(s: Scheme, block: Block, fixed: readonly Outcome[]): Link[] {
  const all = outcomesOf(block, fixed);
  return s.links.filter((l) => l.from === block.id && !all.some((o) => takes(l, o)));
}

/** What a link's colour stands for. */
export type Family = "status" | "reply" | "ivr" | "error" | "plain";

export function family(type: LinkType): Family {
  switch (type) {
    case "status":
    case "reply":
    case "ivr":
    case "error":
      return type;
    default:
      return "plain";
  }
}
