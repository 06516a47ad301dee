import type { components } from "../../api/schema";

type Line = components["schemas"]["Line"];
type ShownMessage = components["schemas"]["ShownMessage"];
type ShownFact = components["schemas"]["ShownFact"];

/** The lines of a walk by the days of a zone, in order. */
export function byDay(lines: readonly Line[], zone: string, language: string): { day: string; lines: Line[] }[] {
  const format = new Intl.DateTimeFormat(language, { timeZone: zone, dateStyle: "long" });
  const out: { day: string; lines: Line[] }[] = [];
  for (const line of lines) {
    const day = format.format(new Date(line.at));
    const last = out.at(-1);
    if (last?.day === day) last.lines.push(line);
    else out.push({ day, lines: [line] });
  }
  return out;
}

/** What was reported of a message: the facts of its block and attempt, each once. */
export const factsOf = (m: ShownMessage, facts: readonly ShownFact[]): string[] => [
  ...new Set(
    facts
      .filter((f) => f.node === m.node && f.attempt === m.attempt && !f.implied)
      .map((f) => (f.fact === "ivr" && f.value ? `ivr:${f.value}` : f.fact)),
  ),
];

/** What the person answered to a message. */
export const repliesTo = (m: ShownMessage, facts: readonly ShownFact[]): string[] =>
  facts
    .filter((f) => f.node === m.node && f.attempt === m.attempt && f.fact === "reply" && f.value)
    .map((f) => f.value ?? "");
