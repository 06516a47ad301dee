import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";

export type Me = components["schemas"]["Me"];

export interface Session {
  me: Me;
  /** Whether the role may do what needs this scope, "schemes:write" for instance. */
  may(scope: string): boolean;
}

const Context = createContext<Session | null>(null);
export const SessionContext = Context.Provider;

export function useSession(): Session {
  const s = useContext(Context);
  if (!s) throw new Error("nobody has signed in");
  return s;
}

export const sessionKey = ["session"] as const;

/** The page where one signs in, which leads back here. */
export function signInAddress(here: Pick<Location, "pathname" | "search">, language: string): string {
  return `/sign-in?${new URLSearchParams({ next: here.pathname + here.search, lang: language })}`;
}

export const readSession = () => take(api.GET("/api/v1/session"));

/** Works in another account from now on: nothing that was read of the other is kept. */
export function useSwitchAccount() {
  const queries = useQueryClient();
  return async (account: string) => {
    await api.PUT("/api/v1/session/account", { body: { account } });
    queries.clear();
    location.assign("/app/");
  };
}

export async function signOut() {
  await api.DELETE("/api/v1/session");
  location.assign("/sign-in?next=/app/");
}
