import { blockOf, type Scheme } from "../canvas/logic/document";
import { nameOf } from "../canvas/logic/edit";
import { lasting } from "../canvas/logic/summary";
import { firesWhen, linkName, type Say } from "../canvas/logic/words";
import type { Step, Walk } from "./walk";

type Names = (type: string) => string;

/** What a step was decided by, in a few words: the link that fired, or why the walk ended there. */
export function decision(s: Scheme, step: Step, say: Say): string {
  const link = s.links.find((l) => l.id === step.link);
  if (link) return linkName(link, say, blockOf(s, link.from));
  return reasonOf(step.reason, say);
}

/** A reason of the simulator in words. */
export function reasonOf(reason: string, say: Say): string {
  const at = reason.indexOf(":");
  const [kind, value] = at < 0 ? [reason, ""] : [reason.slice(0, at), reason.slice(at + 1)];
  switch (kind) {
    case "error":
      return say("canvas.link.error", { reason: say(`canvas.reason.${value}`, { defaultValue: value }) });
    case "ivr":
      return say("canvas.link.ivr", { key: value });
    case "variant":
      return say("canvas.link.variant", { name: value });
    case "branch":
      return value === "else" ? say("canvas.link.else") : value;
    default:
      return say(`tryit.reason.${kind}`, { defaultValue: say(`canvas.status.${kind}`, { defaultValue: reason }) });
  }
}

/** Why a step was decided as it was, in a sentence. */
export function why(s: Scheme, step: Step, say: Say): string {
  const block = blockOf(s, step.node);
  const link = s.links.find((l) => l.id === step.link);
  const time = lasting(typeof block?.config.decision_time === "string" ? block.config.decision_time : "1h", say);
  if (step.reason === "timeout") return say("tryit.why.timeout", { time });
  if (step.reason.startsWith("error:")) {
    const reason = reasonOf(step.reason, say);
    if (!link) return say("tryit.why.errorEnds", { reason });
    return say(link.type === "error" ? "tryit.why.error" : "tryit.why.errorFalls", { reason });
  }
  if (step.reason.startsWith("branch:")) {
    const id = step.reason.slice("branch:".length);
    const branches = Array.isArray(block?.config.branches) ? block.config.branches : [];
    const when = branches.find((b) => b?.id === id)?.when;
    return id === "else" || typeof when !== "string" ? say("tryit.why.else") : say("tryit.why.branch", { when });
  }
  if (step.reason.startsWith("variant:")) return say("tryit.why.variant");
  if (link && (link.type === "status" || link.type === "reply" || link.type === "ivr"))
    return firesWhen(s, link, time, say);
  if (link) return say(block?.type === "delay" ? "tryit.why.delay" : "canvas.when.next");
  return say(`tryit.why.${step.reason}`, { defaultValue: reasonOf(step.reason, say) });
}

/** A walk line by line, so that two can be laid side by side. */
export function lines(s: Scheme, w: Walk, typeName: Names, say: Say, zone?: string, language = "en"): string[] {
  const clock = new Intl.DateTimeFormat(language, { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return [
    ...w.steps.map((x) => {
      const at = clock.format(new Date(x.decided_at));
      return `${nameOf(s, x.node, typeName)}: ${decision(s, x, say)} (${at})`;
    }),
    say("tryit.ended", { outcome: say(`tryit.outcome.${w.outcome}`, { defaultValue: w.outcome }) }),
  ];
}

/** What happened, for a button or a list. */
export function factName(type: string, value: string, say: Say): string {
  if (type === "status") return say(`canvas.status.${value}`);
  if (type === "reply") return value ? say("tryit.event.said", { text: value }) : say("tryit.event.reply");
  if (type === "ivr") return say("canvas.link.ivr", { key: value });
  return value
    ? say("canvas.link.error", { reason: say(`canvas.reason.${value}`, { defaultValue: value }) })
    : say("tryit.event.error");
}
