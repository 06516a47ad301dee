import i18next from "i18next";
import createClient, { type Middleware } from "openapi-fetch";
import { OfflineError, type Problem, ProblemError } from "./problem";
import type { paths } from "./schema";

type Listener = () => void;
const expired = new Set<Listener>();

/** Calls f whenever an answer says that the session has ended; gives what undoes it. */
export function onExpired(f: Listener): () => void {
  expired.add(f);
  return () => expired.delete(f);
}

const problems: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", i18next.language);
  },
  async onResponse({ response }) {
    if (response.ok) return;
    const problem: Problem = await response
      .clone()
      .json()
      .catch(() => ({
        type: "about:blank",
        title: "",
        status: response.status,
        detail: response.statusText,
        code: "unreadable",
      }));
    if (problem.status === 401 && (problem.code === "sign_in" || problem.code === "session_over"))
      for (const f of expired) f();
    throw new ProblemError(problem);
  },
  onError() {
    return new OfflineError();
  },
};

export const api = createClient<paths>({ baseUrl: "/" });
api.use(problems);

/** The data of an answer; what is no success has been thrown by then. */
export async function take<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}

/** A key that makes repeating a request harmless. */
export const once = () => ({ "Idempotency-Key": crypto.randomUUID() });
