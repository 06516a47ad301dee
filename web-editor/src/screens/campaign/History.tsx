import { Button, Stack, Text, Timeline } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { Waiting } from "../../app/Waiting";
import { Failure } from "../../parts/Failure";
import { useList } from "../../parts/ListFrame";
import { moment } from "../campaigns/format";
import type { Campaign } from "../campaigns/model";

type Change = components["schemas"]["Change"];

/** What was done to a campaign and by whom, the newest first. */
export function History({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  const list = useList<Change>(["history", c.id, c.state], (cursor) =>
    take(
      api.GET("/api/v1/campaigns/{campaign}/history", {
        params: { path: { campaign: c.id }, query: { limit: 50, cursor: cursor || undefined } },
      }),
    ),
  );
  if (list.isError) return <Failure error={list.error} again={() => list.refetch()} />;
  if (!list.data) return <Waiting />;
  const items = list.data.pages.flatMap((p) => p.items);
  return (
    <Stack>
      {items.length === 0 && <Text c="dimmed">{t("campaign.history.none")}</Text>}
      <Timeline bulletSize={14} lineWidth={2}>
        {items.map((x) => (
          <Timeline.Item
            key={x.id}
            title={t(`campaign.history.${x.what.replace("campaign.", "")}`, { defaultValue: x.what })}
          >
            {fieldsOf(x).length > 0 && (
              <Text size="sm">
                {fieldsOf(x)
                  .map((f) => t(`campaign.history.field.${f}`, { defaultValue: f }))
                  .join(", ")}
              </Text>
            )}
            <Text size="xs" c="dimmed">
              {[x.user || x.token ? x.by : t("campaign.history.system"), moment(x.at, zone)].filter(Boolean).join(", ")}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {t("parts.more")}
        </Button>
      )}
    </Stack>
  );
}

/** Which terms a change was about. */
const fieldsOf = (x: Change): string[] =>
  x.what === "campaign.changed" && x.change && typeof x.change === "object" ? Object.keys(x.change) : [];
