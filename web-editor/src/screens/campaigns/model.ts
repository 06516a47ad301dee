import type { components } from "../../api/schema";

export type Campaign = components["schemas"]["Campaign"];
export type State = Campaign["state"];

/** The states in the order of a campaign's life. */
export const states: State[] = [
  "draft",
  "moderation",
  "scheduled",
  "running",
  "paused",
  "finishing",
  "finished",
  "cancelled",
];

export const campaignsKey = ["campaigns"] as const;
export const campaignKey = (id: string) => ["campaign", id] as const;

/** What can be done with a campaign as a whole. */
export type Act =
  | "pause"
  | "resume"
  | "cancel"
  | "stopLaunch"
  | "close"
  | "withdraw"
  | "approve"
  | "reject"
  | "repeat"
  | "followUp"
  | "copy"
  | "archive"
  | "unarchive"
  | "delete";

/** Whether its figures move by themselves. */
export const moving = (c: Pick<Campaign, "state" | "launching">): boolean =>
  Boolean(c.launching) || ["scheduled", "running", "finishing"].includes(c.state);

const launched = (c: Campaign) => c.launched_at !== undefined;
const ended = (c: Campaign) => c.state === "finished" || c.state === "cancelled";

const possible: Record<Act, (c: Campaign) => boolean> = {
  pause: (c) => ["scheduled", "running", "finishing"].includes(c.state),
  resume: (c) => c.state === "paused",
  close: (c) => c.kind === "open" && !c.closed_at && ["scheduled", "running", "paused"].includes(c.state),
  withdraw: (c) => c.state === "moderation",
  approve: (c) => c.state === "moderation",
  reject: (c) => c.state === "moderation",
  cancel: (c) => ["scheduled", "running", "paused", "finishing"].includes(c.state),
  stopLaunch: () => false,
  repeat: (c) => launched(c) && c.kind !== "open" && !c.test,
  followUp: (c) => launched(c) && c.kind !== "open" && c.start?.when !== "cron" && !c.test,
  copy: (c) => !c.test,
  archive: (c) => ended(c) && !c.archived_at,
  unarchive: (c) => Boolean(c.archived_at),
  delete: (c) => c.state === "draft",
};

const scopes: Partial<Record<Act, string>> = {
  pause: "campaigns:launch",
  resume: "campaigns:launch",
  cancel: "campaigns:launch",
  stopLaunch: "campaigns:launch",
  close: "campaigns:launch",
  withdraw: "campaigns:launch",
  approve: "campaigns:moderate",
  reject: "campaigns:moderate",
};

/** What may be done with a campaign now, in the order in which it is shown; while it is launched, only that can be given up. */
export function actsOf(c: Campaign, may: (scope: string) => boolean): Act[] {
  const all = Object.keys(possible) as Act[];
  const now = c.launching ? (["stopLaunch"] as Act[]) : all.filter((a) => possible[a](c));
  return now.filter((a) => may(scopes[a] ?? "campaigns:write"));
}

/** How much of a campaign is over, from 0 to 1; null where that says nothing. */
export function progress(c: Pick<Campaign, "recipients" | "open" | "state" | "start">): number | null {
  if (["draft", "moderation"].includes(c.state) || c.recipients <= 0) return null;
  return Math.min(1, Math.max(0, (c.recipients - c.open) / c.recipients));
}

/** The tags that campaigns have, each once. */
export const tagsOf = (list: readonly Pick<Campaign, "tags">[]): string[] =>
  [...new Set(list.flatMap((c) => c.tags ?? []))].sort((a, b) => a.localeCompare(b));
