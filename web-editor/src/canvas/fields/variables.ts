import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";

export interface Variable {
  name: string;
  title: string;
  /** text, number, boolean, date or tags. */
  kind: string;
  choices: readonly string[];
}

const known = ["contact.name", "contact.phone", "contact.email", "campaign.name"];

/** What a text may speak of: the contact's own fields, those of the account, and the campaign's. */
export function useVariables(): Variable[] {
  const { t } = useTranslation();
  const { may } = useSession();
  const own = useQuery({
    queryKey: ["attributes"],
    queryFn: () => take(api.GET("/api/v1/attributes")),
    enabled: may("contacts:read"),
    staleTime: 60_000,
  });
  return useMemo(
    () => [
      ...known.map((name) => ({
        name,
        title: t(`canvas.variable.${name.replace(".", "_")}`),
        kind: "text",
        choices: [],
      })),
      ...(own.data?.items ?? []).map((a) => ({
        name: `contact.attributes.${a.key}`,
        title: a.title || a.key,
        kind: a.type as string,
        choices: a.type === "boolean" ? ["true", "false"] : (a.choices ?? []),
      })),
    ],
    [own.data, t],
  );
}
