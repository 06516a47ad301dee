import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Campaign, State } from "./model";

const colors: Record<State, string> = {
  draft: "gray",
  moderation: "yellow",
  scheduled: "blue",
  running: "green",
  paused: "orange",
  finishing: "cyan",
  finished: "indigo",
  cancelled: "red",
};

export function StateBadge({ campaign: c }: { campaign: Pick<Campaign, "state" | "launching"> }) {
  const { t } = useTranslation();
  return (
    <Badge
      variant="light"
      color={c.launching ? "blue" : colors[c.state]}
      c="var(--mantine-color-text)"
      tt="none"
      style={{ flexShrink: 0 }}
      data-state={c.launching ? "launching" : c.state}
    >
      {t(`campaigns.state.${c.launching ? "launching" : c.state}`)}
    </Badge>
  );
}
