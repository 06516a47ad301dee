import type { Block, Scheme } from "../../canvas/logic/document";

/** The channels that a mailing can go through, in the order in which they are offered. */
export const channels = ["sms", "viber", "whatsapp", "voice", "vk", "ok"];

/** What of a mailing is filled in. */
export interface Message {
  name: string;
  type: string;
  config: Block["config"];
}

/** The scheme of one block that a mailing is. `over`: the drawing that it was made of before. */
export function schemeOf(m: Message, over?: Scheme | null): Scheme {
  const old = over?.nodes[0];
  const block: Block = {
    id: old?.type === m.type ? old.id : m.type,
    type: m.type,
    name: old?.type === m.type ? old.name : "",
    x: old?.x ?? 80,
    y: old?.y ?? 60,
    config: m.config,
  };
  return {
    format: 1,
    kind: "cascade",
    name: m.name.trim(),
    nodes: [block],
    links: [],
    ...(over?.editor && { editor: over.editor }),
  };
}

/** The message of a scheme that is one channel's block and nothing else; null where it is more than that. */
export function messageOf(s: Scheme | null): Message | null {
  const [block, ...more] = s?.nodes ?? [];
  if (!s || !block || more.length || !channels.includes(block.type)) return null;
  return { name: s.name, type: block.type, config: block.config };
}

const inOrder = (_: string, v: unknown) =>
  v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v;

/** Whether two documents are the same, in whatever order their fields are written. */
export const sameDocument = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a, inOrder) === JSON.stringify(b, inOrder);

const keptAs = "kaskad.mailing";

/** The mailing that was begun and not gone on with. */
export function kept(): Message | null {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(keptAs) ?? "null");
    if (!v || typeof v !== "object") return null;
    const m = v as Partial<Message>;
    const config = m.config && typeof m.config === "object" ? m.config : {};
    return { name: String(m.name ?? ""), type: channels.includes(m.type ?? "") ? String(m.type) : "", config };
  } catch {
    return null;
  }
}

export function keep(m: Message | null) {
  try {
    if (m) localStorage.setItem(keptAs, JSON.stringify(m));
    else localStorage.removeItem(keptAs);
  } catch {
    // There is no room on this machine: it is in the window still.
  }
}
