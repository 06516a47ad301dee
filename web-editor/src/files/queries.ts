import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { type Sending, send } from "../api/send";
import { isAddress, type Kind, type Stored } from "./model";

export const filesKey = ["files"] as const;

export const upload = (file: Blob, name: string, progress: (share: number) => void): Sending<Stored> =>
  send<Stored>(`/api/v1/files?${new URLSearchParams({ name })}`, file, progress);

/** The stored file of a name; null where there is none, undefined as long as nobody knows. */
export function useNamed(name: string, kind: Kind) {
  const asked = name !== "" && !isAddress(name);
  const q = useQuery({
    queryKey: [...filesKey, "named", name, kind],
    enabled: asked,
    staleTime: 60_000,
    queryFn: async () => {
      const page = await take(
        api.GET("/api/v1/files", { params: { query: { q: name.slice(0, 200), kind, limit: 200, sort: "name" } } }),
      );
      return page.items.find((f) => f.name === name) ?? null;
    },
  });
  return asked ? q.data : undefined;
}
