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

type Fields = Record<string, unknown>;
const isFields = (v: unknown): v is Fields => v !== null && typeof v === "object" && !Array.isArray(v);
const isChange = (v: unknown): v is { old?: unknown; new?: unknown } =>
  isFields(v) && Object.keys(v).length > 0 && Object.keys(v).every((k) => k === "old" || k === "new");
// How the program's clock writes that it has no instant.
const never = "0001-01-01T00:00:00Z";
const nothing = (v: unknown) =>
  v === null || v === undefined || v === "" || v === never || (Array.isArray(v) && v.length === 0);

function shown(v: unknown): string {
  if (nothing(v)) return "—";
  if (Array.isArray(v)) return v.map(shown).join(", ");
  return isFields(v) ? linesOf(v, "").join("; ") : String(v);
}

/** What is other by now, field by field, however deep. */
function between(before: unknown, after: unknown, name: string): string[] {
  if (same(before, after)) return [];
  if (isFields(before) && isFields(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((k) => between(before[k], after[k], name ? `${name}.${k}` : k));
  }
  return [`${name}: ${shown(before)} → ${shown(after)}`];
}

const linesOf = (fields: Fields, name: string): string[] =>
  Object.entries(fields).flatMap(([k, v]) => {
    const field = name ? `${name}.${k}` : k;
    if (isChange(v)) return between(v.old, v.new, field);
    return nothing(v) ? [] : [`${field}: ${shown(v)}`];
  });

/** What changed, one line a field: "role: marketer → admin". */
export function changeLines(change: unknown): string[] {
  if (nothing(change)) return [];
  if (isChange(change)) return between(change.old, change.new, "");
  return isFields(change) ? linesOf(change, "") : [shown(change)];
}
