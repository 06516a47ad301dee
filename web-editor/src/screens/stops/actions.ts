import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { tell, told } from "../../parts/tell";
import { number } from "../campaigns/format";

export const stopsKey = ["stops"] as const;

/** Puts addresses back on the stop list. */
export function useRestore() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return async (ids: string[]) => {
    try {
      const back = await take(api.POST("/api/v1/stops/restore", { body: { ids } }));
      await queries.invalidateQueries({ queryKey: stopsKey });
      told(t("stops.restored", { n: number(back.ids.length) }));
    } catch (error) {
      tell(error);
    }
  };
}
