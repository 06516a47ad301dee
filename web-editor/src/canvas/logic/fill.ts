// Templates filled in for a preview: the simple forms that nearly all texts are made of. The engine alone knows the whole
// language; what is not simple is shown as it is written.

/** Whom a preview is filled in for. */
export interface Sample {
  contact: Record<string, unknown>;
  campaign: Record<string, unknown>;
}

export interface Piece {
  text: string;
  /** plain text, a value put in, a tracked link, or an expression that only the engine can work out. */
  kind: "text" | "value" | "link" | "open";
}

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const path = String.raw`[A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)+`;
const plain = new RegExp(`^(${path})$`);
const otherwise = new RegExp(String.raw`^(${path})\s*\?\?\s*(${string})$`);
const literal = new RegExp(`^${string}$`);
const link = new RegExp(String.raw`^link\(\s*(${string})\s*\)$`);

/** As long as those that the engine makes, so that the parts of an SMS are counted about right. */
const shortLink = "kskd.example/x7Rk2a";

function valueAt(sample: Sample, where: string): unknown {
  let v: unknown = sample;
  for (const key of where.split(/\??\./))
    v = v && typeof v === "object" && Object.hasOwn(v, key) ? (v as Record<string, unknown>)[key] : undefined;
  return v;
}

const shown = (v: unknown): string => {
  if (v === undefined || v === null) return "";
  return typeof v === "object" ? JSON.stringify(v) : String(v);
};

const unquoted = (text: string): string => {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
};

function one(expression: string, sample: Sample): Piece {
  const e = expression.trim();
  if (literal.test(e)) return { kind: "text", text: unquoted(e) };
  if (link.test(e)) return { kind: "link", text: shortLink };
  const m = plain.exec(e);
  if (m) return { kind: "value", text: shown(valueAt(sample, m[1] ?? "")) };
  const o = otherwise.exec(e);
  // Only what is lacking is replaced; a field that is there and empty stays empty.
  if (o) {
    const v = valueAt(sample, o[1] ?? "");
    return { kind: "value", text: v === undefined || v === null ? unquoted(o[2] ?? "") : shown(v) };
  }
  return { kind: "open", text: e };
}

/** A template in pieces, filled in as far as it is simple. */
export function fill(template: string, sample: Sample): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  const hole = new RegExp(`{{((?:${string}|[^"])*?)}}`, "g");
  for (const m of template.matchAll(hole)) {
    if (m.index > from) out.push({ kind: "text", text: template.slice(from, m.index) });
    out.push(one(m[1] ?? "", sample));
    from = m.index + m[0].length;
  }
  if (from < template.length) out.push({ kind: "text", text: template.slice(from) });
  return out.filter((p) => p.text !== "");
}

export const textOf = (pieces: readonly Piece[]): string => pieces.map((p) => p.text).join("");
