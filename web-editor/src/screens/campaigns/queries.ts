import { useQuery } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { type Campaign, campaignKey, moving } from "./model";

export type Edition = components["schemas"]["Edition"];

/** One campaign; it is read again and again while its figures move. */
export const useCampaign = (id: string) =>
  useQuery<Campaign>({
    queryKey: campaignKey(id),
    enabled: id !== "",
    queryFn: () => take(api.GET("/api/v1/campaigns/{campaign}", { params: { path: { campaign: id } } })),
    refetchInterval: (q) => (q.state.data && moving(q.state.data) ? (q.state.data.launching ? 1000 : 4000) : false),
  });

/** A published version with its document, which never changes. */
export function useEdition(version: string | undefined) {
  const { may } = useSession();
  return useQuery<Edition>({
    queryKey: ["version", version],
    queryFn: () => take(api.GET("/api/v1/versions/{version}", { params: { path: { version: version ?? "" } } })),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: Boolean(version) && may("schemes:read"),
  });
}

/** Cascades of which there is a version, to choose from; found by name. */
export function useCascades(name: string) {
  const { may } = useSession();
  return useQuery({
    queryKey: ["schemes", "published", name],
    queryFn: () =>
      take(
        api.GET("/api/v1/schemes", {
          params: { query: { kind: "cascade", name: name || undefined, sort: "-updated", limit: 100 } },
        }),
      ),
    select: (page) => page.items.filter((s) => s.published),
    placeholderData: (old) => old,
    enabled: may("schemes:read"),
  });
}

export const useGroups = () => {
  const { may } = useSession();
  return useQuery({
    queryKey: ["groups", "all"],
    queryFn: () => take(api.GET("/api/v1/groups", { params: { query: { limit: 200 } } })),
    enabled: may("contacts:read"),
  });
};
