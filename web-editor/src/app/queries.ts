import { QueryClient } from "@tanstack/react-query";
import { OfflineError } from "../api/problem";

/** What is read is kept for a while; only what failed for want of a connection is tried again by itself. */
export const makeQueries = () =>
  new QueryClient({
    defaultOptions: {
      queries: { staleTime: 10_000, retry: (times, error) => error instanceof OfflineError && times < 3 },
      mutations: { networkMode: "always" },
    },
  });
