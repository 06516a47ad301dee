import type { components } from "../../api/schema";

export type Session = components["schemas"]["Session"];

const browsers: [RegExp, string][] = [
  [/YaBrowser\//, "Яндекс Браузер"],
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const systems: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** A browser as people call it, "Chrome, Linux"; else the first words of what it says. */
export function agentName(agent: string): string {
  const of = (list: [RegExp, string][]) => list.find(([sign]) => sign.test(agent))?.[1];
  const known = [of(browsers), of(systems)].filter(Boolean).join(", ");
  return known || agent.slice(0, 60) || "—";
}

/** Whether all words of a search are in a session, as it is shown or as the browser says it. */
export function sessionFits(s: Pick<Session, "agent" | "ip">, search: string): boolean {
  const text = `${agentName(s.agent)} ${s.agent} ${s.ip}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
