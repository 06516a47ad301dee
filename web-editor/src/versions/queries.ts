import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { readDraft } from "../canvas/draft";
import type { Scheme } from "../canvas/logic/document";
import { drawable } from "../canvas/logic/readable";
import type { Difference } from "./merged";

export type Version = components["schemas"]["Version"];

/** What a version is called by in addresses; the draft has no number. */
export const draftName = "draft";

export const versionsKey = (scheme: string) => ["scheme", scheme, "versions"] as const;

/** The published versions of a scheme, the newest first. */
export function useVersions(scheme: string) {
  const pages = useInfiniteQuery({
    queryKey: versionsKey(scheme),
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/schemes/{scheme}/versions", {
          params: { path: { scheme }, query: { limit: 50, cursor: pageParam || undefined } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });
  const items = useMemo(() => pages.data?.pages.flatMap((p) => p.items) ?? [], [pages.data]);
  return { ...pages, items };
}

/** The draft, read whenever this screen is opened. */
export const useDraftOf = (scheme: string) =>
  useQuery({ queryKey: ["draft", scheme, "history"], queryFn: () => readDraft(scheme), staleTime: 0, gcTime: 0 });

/** The drawing of a version, or of the draft. */
export function useDocument(scheme: string, version: string) {
  const draft = useDraftOf(scheme);
  const edition = useQuery({
    queryKey: ["version", version],
    queryFn: () =>
      take(api.GET("/api/v1/schemes/{scheme}/versions/{version}", { params: { path: { scheme, version } } })),
    enabled: version !== "" && version !== draftName,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const found = version === draftName ? draft : edition;
  const document = useMemo<Scheme | null>(() => drawable(found.data?.document), [found.data?.document]);
  return { document, ready: found.isSuccess, error: version ? found.error : null };
}

/** What changed from one version to another, or to the draft. */
export const useDifference = (scheme: string, version: string, other: string) =>
  useQuery({
    queryKey: ["difference", scheme, version, other],
    queryFn: (): Promise<Difference> =>
      take(
        api.GET("/api/v1/schemes/{scheme}/versions/{version}/difference", {
          params: { path: { scheme, version }, query: { with: other } },
        }),
      ),
    enabled: version !== "" && other !== "" && version !== other,
    staleTime: other === draftName ? 0 : Number.POSITIVE_INFINITY,
    gcTime: other === draftName ? 0 : undefined,
  });
