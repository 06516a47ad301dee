import type { Kind, Scheme } from "./document";
import { drawable } from "./readable";

const most = 8 << 20;

/** The scheme in a file: as it was exported, or a document alone. Else what is wrong with it. */
export function fromFile(text: string, kind: Kind): Scheme | "unreadable" | "kind" {
  if (text.length > most) return "unreadable";
  let v: unknown;
  try {
    v = JSON.parse(text);
  } catch {
    return "unreadable";
  }
  const outer = v as { kaskad_scheme?: unknown; document?: unknown } | null;
  const found = drawable(outer && typeof outer === "object" && "kaskad_scheme" in outer ? outer.document : v);
  if (!found) return "unreadable";
  return found.kind === kind ? found : "kind";
}
