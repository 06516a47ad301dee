import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";

/** Leads from an open cascade to a campaign of its published version; nothing where there is none yet. */
export function LaunchLink({ narrow }: { narrow: boolean }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { scheme = "" } = useParams();
  const about = useQuery({
    queryKey: ["scheme", scheme],
    queryFn: () => take(api.GET("/api/v1/schemes/{scheme}", { params: { path: { scheme } } })),
    enabled: scheme !== "",
  });
  if (about.data?.kind !== "cascade" || !about.data.published || !may("campaigns:write")) return null;
  const to = `/campaigns/new?scheme=${scheme}`;
  if (narrow)
    return (
      <Tooltip label={t("launch.launch")}>
        <ActionIcon component={Link} to={to} variant="light" size={30} aria-label={t("launch.launch")}>
          <IconSend size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
    );
  return (
    <Button component={Link} to={to} size="xs" variant="light" leftSection={<IconSend size={16} aria-hidden />}>
      {t("launch.launch")}
    </Button>
  );
}
