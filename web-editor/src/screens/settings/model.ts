import type { components } from "../../api/schema";

export type Account = components["schemas"]["Account"];
export type AccountChange = components["schemas"]["ChangeAccountInputBody"];
export type Member = components["schemas"]["Member"];
export type Role = Member["role"];
export type RoleInfo = components["schemas"]["RoleInfo"];
export type Token = components["schemas"]["Token"];
export type Entry = components["schemas"]["Entry"];
export type Invitation = components["schemas"]["Invitation"];
export type Link = components["schemas"]["OneTimeLink"];

export const accountKey = ["account"] as const;
export const usersKey = ["users"] as const;
export const tokensKey = ["tokens"] as const;

/** What entries of the audit log are about. */
export const auditObjects = [
  "account",
  "user",
  "session",
  "token",
  "contact",
  "consent",
  "group",
  "attribute",
  "import",
  "export",
  "stop",
  "numbering_plan",
  "file",
  "scheme",
  "campaign",
  "task",
] as const;

/** A scope as a key of the words, which know no colons. */
export const scopeKey = (scope: string): string => scope.replace(":", "_");

/** Roles that somebody with these scopes may give: none with more than one's own. */
export const givable = (roles: readonly RoleInfo[], own: readonly string[]): Role[] =>
  roles.filter((r) => r.scopes.every((s) => own.includes(s))).map((r) => r.role);

const plain = ["name", "zone", "country", "language"] as const;
const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What has to be sent so that the account becomes as it was typed; null: nothing. */
export function accountChange(before: Account, after: Account): AccountChange | null {
  const change: Record<string, unknown> = {};
  for (const k of plain) if (before[k] !== after[k]) change[k] = after[k];
  for (const k of ["cap_day", "cap_week", "stop_words", "window"] as const)
    if (!same(before[k], after[k])) change[k] = after[k] ?? null;
  return Object.keys(change).length ? (change as AccountChange) : null;
}
