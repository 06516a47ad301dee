import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconHistory } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, take } from "../api/client";
import { etag, readDraft } from "../canvas/draft";
import { tell, told } from "../parts/tell";
import type { Version } from "./queries";

/** Makes a version the draft again, after asking; the draft of now can be taken back. */
export function Restore({ scheme, version }: { scheme: string; version: Version }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const queries = useQueryClient();
  const number = version.number ?? 0;
  const opened = () => queries.invalidateQueries({ queryKey: ["draft", scheme] });
  const restore = async () => {
    const draft = await readDraft(scheme);
    const made = await take(
      api.POST("/api/v1/schemes/{scheme}/versions/{version}/restore", {
        params: { path: { scheme, version: version.id }, header: { "If-Match": etag(draft.revision) } },
      }),
    );
    await opened();
    go(`/cascades/${scheme}`);
    told(t("versions.restored", { number }), async () => {
      await take(
        api.POST("/api/v1/schemes/{scheme}/revisions/{revision}/restore", {
          params: { path: { scheme, revision: draft.revision }, header: { "If-Match": etag(made.revision) } },
        }),
      );
      go(`/cascades/${scheme}/versions`);
      await opened();
    });
  };
  const ask = () =>
    modals.openConfirmModal({
      title: t("versions.restoreTitle", { number }),
      children: t("versions.restoreText"),
      labels: { confirm: t("versions.restore"), cancel: t("parts.cancel") },
      closeButtonProps: { "aria-label": t("parts.close") },
      onConfirm: () => restore().catch(tell),
    });
  return (
    <Button size="xs" variant="default" leftSection={<IconHistory size={16} aria-hidden />} onClick={ask}>
      {t("versions.restore")}
    </Button>
  );
}
