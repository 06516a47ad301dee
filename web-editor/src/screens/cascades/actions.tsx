import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, once, take } from "../../api/client";
import type { components } from "../../api/schema";
import { download } from "../../parts/download";
import { tell, told } from "../../parts/tell";

export type Scheme = components["schemas"]["Scheme"];

export const schemesKey = ["schemes"] as const;
const at = (scheme: string) => ({ params: { path: { scheme } } });

/** What can be done with a scheme in the list. */
export function useSchemeActions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const go = useNavigate();
  const fresh = () => queries.invalidateQueries({ queryKey: schemesKey });
  const archive = async (s: Scheme, on: boolean): Promise<void> => {
    await (on
      ? api.POST("/api/v1/schemes/{scheme}/archive", at(s.id))
      : api.POST("/api/v1/schemes/{scheme}/unarchive", at(s.id)));
    await fresh();
    told(t(on ? "cascades.archived" : "cascades.unarchived", { name: nameOf(s, t) }), () => archive(s, !on));
  };
  const copy = async (s: Scheme) => {
    const made = await take(
      api.POST("/api/v1/schemes/{scheme}/copy", { params: { path: { scheme: s.id }, header: once() }, body: {} }),
    );
    await fresh();
    go(`/cascades/${made.id}`);
  };
  const save = async (s: Scheme) => {
    const file = await take(api.GET("/api/v1/schemes/{scheme}/export", at(s.id)));
    download(`${nameOf(s, t)}.json`, JSON.stringify(file, null, 2), "application/json");
  };
  // A deleted scheme can be brought back as it was drawn, as a new one: the document is read before it goes.
  const erase = async (s: Scheme) => {
    const file = await take(api.GET("/api/v1/schemes/{scheme}/export", at(s.id)));
    await api.DELETE("/api/v1/schemes/{scheme}", at(s.id));
    await fresh();
    told(t("cascades.deleted", { name: nameOf(s, t) }), async () => {
      await api.POST("/api/v1/schemes/import", { params: { header: once() }, body: file as never });
      await fresh();
    });
  };
  const ask = (s: Scheme) =>
    modals.openConfirmModal({
      title: t("cascades.delete.title", { name: nameOf(s, t) }),
      children: <Text size="sm">{t("cascades.delete.text")}</Text>,
      labels: { confirm: t("parts.delete"), cancel: t("parts.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => erase(s).catch(tell),
    });
  return {
    archive: (s: Scheme, on: boolean) => archive(s, on).catch(tell),
    copy: (s: Scheme) => copy(s).catch(tell),
    save: (s: Scheme) => save(s).catch(tell),
    ask,
  };
}

export const nameOf = (s: Pick<Scheme, "name">, t: (key: string) => string) => s.name || t("cascades.nameless");
