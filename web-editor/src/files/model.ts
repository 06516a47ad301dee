import type { components } from "../api/schema";

export type Stored = components["schemas"]["FilesFile"];
export type Kind = Stored["kind"];

/** What may be uploaded, in bytes; the API has the last word. */
export const most: Record<Kind, number> = { audio: 20 << 20, picture: 5 << 20 };

/** What a file dialog offers. */
export const accepted: Record<Kind, string> = {
  audio: ".mp3,.wav,.ogg,.opus,.oga,.webm,.m4a,audio/mpeg,audio/wav,audio/ogg,audio/webm,audio/mp4",
  picture: ".png,.jpg,.jpeg,.webp,.gif,image/png,image/jpeg,image/webp,image/gif",
};

/** Whether a value is an address; anything else is the name of a stored file. */
export const isAddress = (value: string) => /^https?:\/\//i.test(value.trim());

/** Where the content of a stored file is. */
export const contentOf = (f: Pick<Stored, "id">) => `/api/v1/files/${f.id}/content`;

/** What recorders may write, best first; "" leaves the choice to the browser, null means that it cannot record. */
export function recorderType(supported: ((type: string) => boolean) | undefined): string | null {
  if (!supported) return null;
  return ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"].find(supported) ?? "";
}

/** Minutes and seconds, as a clock of a recorder shows them. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** How loud samples around 128 are, from 0 to 1: the root of their mean square, with quiet voices made visible. */
export function loudness(samples: ArrayLike<number>): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (((samples[i] ?? 128) - 128) / 128) ** 2;
  return Math.min(1, Math.sqrt(sum / samples.length) * 3);
}

/** Why there is no recording: the key of the words for it. */
export function refusal(error: unknown): "refused" | "none" | "broken" {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return "broken";
}

/** The name of a recording made at an instant: "Recording 2026-11-22 07.05". */
export function recordingName(word: string, at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${word} ${day} ${two(at.getHours())}.${two(at.getMinutes())}`;
}
