import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** An answer that tells of a problem, in the reader's language. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  /** The messages of fields, by their place in the body: "name", "audience.groups[0]". */
  get fields(): Record<string, string> {
    const out: Record<string, string> = {};
    for (const e of this.problem.errors ?? []) out[e.location.replace(/^body\.?/, "")] = e.message;
    return out;
  }
}

/** There was no answer: the network is down, or the program. */
export class OfflineError extends Error {}

export const isProblem = (e: unknown, code?: string): e is ProblemError =>
  e instanceof ProblemError && (code === undefined || e.problem.code === code);

export const statusOf = (e: unknown): number => (e instanceof ProblemError ? e.problem.status : 0);
