import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";

const known = ["contact.name", "contact.phone", "contact.email", "campaign.name"];

/** What a text may speak of: the contact's own fields, those of the account, and the campaign's. */
export function useVariables(): { name: string; title: string }[] {
  const { t } = useTranslation();
  const { may } = useSession();
  const own = useQuery({
    queryKey: ["attributes"],
    queryFn: () => take(api.GET("/api/v1/attributes")),
    enabled: may("contacts:read"),
    staleTime: 60_000,
  });
  return [
    ...known.map((name) => ({ name, title: t(`canvas.variable.${name.replace(".", "_")}`) })),
    ...(own.data?.items ?? []).map((a) => ({ name: `contact.attributes.${a.key}`, title: a.title || a.key })),
  ];
}
