import type { Block, Link, LinkType, Scheme } from "./document";
import type { Outcome } from "./outcomes";

/** Says a text by its key, with values put in. */
export type Say = (key: string, values?: Record<string, unknown>) => string;

/** What the name of a link needs to know of the block that it comes from. */
type Named = Pick<Block, "config">;

const titled = (block: Named | undefined, list: string, id: string): string => {
  const all = block?.config[list];
  const one = Array.isArray(all) ? all.find((x) => x?.id === id) : undefined;
  const title = one?.name ?? one?.text;
  return typeof title === "string" && title ? title : id;
};

/** The name of a link or outcome, as it stands on the canvas. */
export function linkName(l: Pick<Link, "type" | "value">, say: Say, block?: Named): string {
  const value = l.value ?? "";
  switch (l.type) {
    case "status":
      return say(`canvas.status.${value}`);
    case "reply":
      return value
        ? say("canvas.link.reply", { words: replyWords(value)?.join(", ") ?? value })
        : say("canvas.link.anyReply");
    case "ivr":
      return say("canvas.link.ivr", { key: value });
    case "error":
      return value
        ? say("canvas.link.error", { reason: say(`canvas.reason.${value}`, { defaultValue: value }) })
        : say("canvas.link.anyError");
    case "variant":
      return say("canvas.link.variant", { name: titled(block, "variants", value) });
    case "branch":
      return value === "else" || value === "open" || value === "closed"
        ? say(`canvas.link.${value}`)
        : titled(block, "branches", value);
    case "option":
      return value === "else" ? say("canvas.link.otherOption") : titled(block, "options", value);
    default:
      return say(`canvas.link.${l.type}`);
  }
}

/** The words of a condition `says(reply, "a", "b")`; null where it is another expression. */
export function replyWords(value: string): string[] | null {
  const m = /^says\(reply((?:,\s*"(?:[^"\\]|\\.)*")+)\)$/.exec(value.trim());
  if (!m?.[1]) return null;
  try {
    return [...m[1].matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([q]) => JSON.parse(q) as string);
  } catch {
    return null;
  }
}

/** The condition that is true when a reply holds one of these words or phrases. */
export const replyCondition = (words: readonly string[]): string =>
  words.length ? `says(reply, ${words.map((w) => JSON.stringify(w)).join(", ")})` : "";

// What holds a milder status back while it can still come true, worst first (the contract, section 3, rule 3).
const held: Record<string, readonly string[]> = {
  viewed: ["clicked", "reply"],
  delivered: ["viewed", "clicked", "reply"],
};

/** When exactly a link fires, given what else is drawn from its block. */
export function firesWhen(s: Scheme, l: Link, time: string, say: Say): string {
  const block = s.nodes.find((n) => n.id === l.from);
  const name = linkName(l, say, block);
  if (l.type === "status" && l.value && held[l.value]) return heldBack(s, l, held[l.value] ?? [], name, time, say);
  if (l.type === "status" && (l.value === "not_delivered" || l.value === "no_answer")) {
    const error = s.links.some((o) => o.from === l.from && o.type === "error" && !o.value);
    return say(error ? "canvas.when.failed" : "canvas.when.failedOrError", { name, time });
  }
  if (l.type === "error") return say(l.value ? "canvas.when.error" : "canvas.when.anyError", { name });
  if (l.type === "ivr") return say("canvas.when.ivr", { name });
  if (l.type === "status" || l.type === "reply") return say("canvas.when.atOnce", { name });
  return say(`canvas.when.${plain(l.type, l.value)}`, { name, time });
}

function heldBack(s: Scheme, l: Link, by: readonly string[], name: string, time: string, say: Say): string {
  const drawn = by.filter((o) =>
    s.links.some((x) => x.from === l.from && (x.type === o || (x.type === "status" && x.value === o))),
  );
  if (!drawn.length) return say("canvas.when.atOnce", { name });
  const others = drawn.map((o) => say(`canvas.unless.${o}`)).join(say("canvas.unless.and"));
  return say("canvas.when.held", { name, others, time });
}

function plain(type: LinkType, value?: string): string {
  if (type === "branch" && value === "else") return "else";
  return type;
}

/** The name of an outcome in a list to choose from. */
export function outcomeName(o: Outcome, say: Say, block?: Block): string {
  if (o.any && o.type === "reply") return say("canvas.kind.reply");
  if (o.any && o.type === "error") return say("canvas.kind.error");
  return linkName(o, say, block);
}
