import { Alert, Anchor, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import { moment, number } from "../campaigns/format";
import { type Campaign, campaignsKey } from "../campaigns/model";
import { StateBadge } from "../campaigns/State";
import { Card } from "./Picture";

/** The campaigns that a repeated one has made, and when the next begins. */
export function Repetitions({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const list = useQuery({
    queryKey: [...campaignsKey, "of", c.id, c.made],
    queryFn: () =>
      take(api.GET("/api/v1/campaigns", { params: { query: { parent: c.id, archived: true, limit: 20 } } })),
    refetchInterval: 10_000,
  });
  const items = (list.data?.items ?? []).filter((x) => x.made_as === "repetition");
  const zone = c.start?.zone || c.zone;
  return (
    <Card title={t("campaign.series.title")}>
      <Stack gap="xs">
        <Group gap="lg">
          {c.next_at && c.state !== "paused" && (
            <Text size="sm">{t("campaign.series.next", { when: moment(c.next_at, zone) })}</Text>
          )}
          <Text size="sm" c="dimmed">
            {t("campaign.series.made", { count: c.made ?? 0, n: number(c.made ?? 0) })}
          </Text>
        </Group>
        {(c.missed ?? 0) > 0 && (
          <Alert color="yellow" p="xs">
            {t("campaign.series.missed", { count: c.missed, n: number(c.missed ?? 0) })}
          </Alert>
        )}
        {items.length > 0 && (
          <Table aria-label={t("campaign.series.title")} verticalSpacing={6}>
            <Table.Tbody>
              {items.map((x) => (
                <Table.Tr key={x.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/campaigns/${x.id}`} size="sm">
                      {moment(x.starts_at ?? x.created_at, zone)}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <StateBadge campaign={x} />
                  </Table.Td>
                  <Table.Td ta="right">{number(x.recipients)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Stack>
    </Card>
  );
}
