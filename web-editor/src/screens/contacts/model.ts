import type { components } from "../../api/schema";

export type Contact = components["schemas"]["Contact"];
export type Change = components["schemas"]["ContactChange"];
export type Attribute = components["schemas"]["Attribute"];
export type Group = components["schemas"]["Group"];

export const contactsKey = ["contacts"] as const;
export const groupsKey = ["groups"] as const;
export const attributesKey = ["attributes"] as const;

/** Channels in which people have addresses of their own besides the phone. */
export const addressed = ["vk", "ok", "whatsapp", "viber"] as const;
/** Channels for which people give and withdraw consent. */
export const channels = ["sms", "viber", "voice", "vk", "ok", "whatsapp"] as const;

export const sorts = ["-created_at", "created_at", "-updated_at", "updated_at", "name", "-name"] as const;
export type Sort = (typeof sorts)[number];
export const sortOf = (v: string): Sort => sorts.find((s) => s === v) ?? "-created_at";

/** What a contact is called in lists: the name, or else what it is reached by. */
export const titleOf = (c: Pick<Contact, "id" | "name" | "phone" | "email">): string =>
  c.name || c.phone || c.email || `#${c.id}`;

/** A contact as it is typed: everything is a text, also what is stored as a number. */
export interface Typed {
  name: string;
  phone: string;
  email: string;
  zone: string;
  tags: string[];
  addresses: Record<string, string>;
  attributes: Record<string, string>;
}

const textOf = (v: unknown): string => (v === null || v === undefined ? "" : String(v));

export const typedOf = (c: Contact): Typed => ({
  name: c.name,
  phone: c.phone,
  email: c.email,
  zone: c.zone,
  tags: [...c.tags],
  addresses: Object.fromEntries(addressed.map((k) => [k, c.addresses[k] ?? ""])),
  attributes: Object.fromEntries(Object.entries(c.attributes).map(([k, v]) => [k, textOf(v)])),
});

/** The type of an attribute: as it is declared, or else as its value looks. */
export function typeOf(key: string, declared: readonly Attribute[], value: unknown): Attribute["type"] {
  const known = declared.find((a) => a.key === key);
  if (known) return known.type;
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "text";
}

/** What was typed, as the type wants it. What is no number stays as it is: the server says what is wrong with it. */
export function valueFor(typed: string, type: Attribute["type"]): unknown {
  const v = typed.trim();
  if (v === "") return null;
  if (type === "boolean") return v === "true";
  if (type === "number") {
    const n = Number(v.replace(",", "."));
    return Number.isFinite(n) ? n : v;
  }
  return type === "text" ? typed : v;
}

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((v, i) => v === b[i]);

/** What has to be sent so that a contact becomes as it was typed; null: nothing. */
export function changesOf(before: Typed, after: Typed, kind: (key: string) => Attribute["type"]): Change | null {
  const change: Change = {};
  for (const k of ["name", "phone", "email", "zone"] as const)
    if (before[k].trim() !== after[k].trim()) change[k] = after[k].trim() || null;
  if (!same(before.tags, after.tags)) change.tags = after.tags;
  const addresses = Object.entries(after.addresses).filter(([k, v]) => v.trim() !== (before.addresses[k] ?? ""));
  if (addresses.length) change.addresses = Object.fromEntries(addresses.map(([k, v]) => [k, v.trim() || null]));
  const own = Object.entries(after.attributes).filter(([k, v]) => v !== (before.attributes[k] ?? ""));
  if (own.length) change.attributes = Object.fromEntries(own.map(([k, v]) => [k, valueFor(v, kind(k))]));
  return Object.keys(change).length ? change : null;
}

const keptAs = "kaskad.contactColumns";
export const usual = ["phone", "tags", "zone", "groups", "created_at"];

/** The columns that the reader chose, without those that are not there any more. */
export function readColumns(kept: string | null): string[] {
  try {
    const v: unknown = JSON.parse(kept ?? "null");
    return Array.isArray(v) ? v.map(String).slice(0, 30) : usual;
  } catch {
    return usual;
  }
}
export const keptColumns = () => readColumns(localStorage.getItem(keptAs));
export const keepColumns = (columns: string[]) => localStorage.setItem(keptAs, JSON.stringify(columns));

/** The id of a contact that a problem names, where it names one. */
export const namedIn = (message: string | undefined): string | undefined => /\b\d{6,19}\b/.exec(message ?? "")?.[0];
