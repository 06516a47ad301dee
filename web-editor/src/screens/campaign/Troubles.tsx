import { Anchor, Button, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { useList } from "../../parts/ListFrame";
import type { Campaign } from "../campaigns/model";
import { Card } from "./Picture";

type Trouble = components["schemas"]["Trouble"];

/** What broke in recipients' data while the others went on; nothing where nothing did. */
export function Troubles({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const list = useList<Trouble>(["troubles", c.id, c.state], (cursor) =>
    may("reports:read")
      ? take(
          api.GET("/api/v1/campaigns/{campaign}/troubles", {
            params: { path: { campaign: c.id }, query: { limit: 20, cursor: cursor || undefined } },
          }),
        )
      : Promise.resolve({ items: [] }),
  );
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  if (!items.length) return null;
  return (
    <Card title={t("campaign.troubles.title")}>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t("campaign.troubles.text")}
        </Text>
        <Table aria-label={t("campaign.troubles.title")} layout="fixed">
          <Table.Tbody>
            {items.map((x) => (
              <Table.Tr key={`${x.recipient} ${x.node} ${x.at}`}>
                <Table.Td>
                  <Anchor component={Link} to={`?tab=recipients&recipient=${x.recipient}`} size="sm">
                    {x.phone || t("campaign.recipient.number", { number: x.recipient })}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {x.block || x.node}, {when(x.at, me.user?.zone)}
                  </Text>
                </Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{x.what}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {list.hasNextPage && (
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t("parts.more")}
          </Button>
        )}
      </Stack>
    </Card>
  );
}
