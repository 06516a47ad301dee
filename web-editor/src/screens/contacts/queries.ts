import { useQuery } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { attributesKey, contactsKey, groupsKey } from "./model";

export const useAttributes = () => {
  const { may } = useSession();
  return useQuery({
    queryKey: attributesKey,
    queryFn: () => take(api.GET("/api/v1/attributes")),
    enabled: may("contacts:read"),
    staleTime: 60_000,
  });
};

/** Groups to choose from, by name. */
export const useGroups = () => {
  const { may } = useSession();
  return useQuery({
    queryKey: [...groupsKey, "all"],
    queryFn: () => take(api.GET("/api/v1/groups", { params: { query: { limit: 200 } } })),
    enabled: may("contacts:read"),
  });
};

export const useContact = (id: string) =>
  useQuery({
    queryKey: [...contactsKey, "one", id],
    queryFn: () => take(api.GET("/api/v1/contacts/{contact}", { params: { path: { contact: id } } })),
  });
