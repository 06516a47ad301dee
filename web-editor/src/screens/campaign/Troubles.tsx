import { Anchor, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { ListFrame, useList } from "../../parts/ListFrame";
import type { Campaign } from "../campaigns/model";
import { Nothing } from "../contacts/Area";
import { Card } from "./Picture";

type Trouble = components["schemas"]["Trouble"];

/** What broke in recipients' data while the others went on; nothing where nothing did. */
export function Troubles({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const [q, setQ] = useState("");
  const list = useList<Trouble>(["troubles", c.id, c.state, q], (cursor) =>
    may("reports:read")
      ? take(
          api.GET("/api/v1/campaigns/{campaign}/troubles", {
            params: {
              path: { campaign: c.id },
              query: { q: q.trim() || undefined, limit: 20, cursor: cursor || undefined },
            },
          }),
        )
      : Promise.resolve({ items: [] }),
  );
  if (!q && !list.data?.pages[0]?.items.length) return null;
  return (
    <Card title={t("campaign.troubles.title")}>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t("campaign.troubles.text")}
        </Text>
        <ListFrame
          label={t("campaign.troubles.title")}
          list={list}
          id={(x) => `${x.recipient} ${x.node} ${x.what}`}
          search={[q, setQ]}
          filtered={q.trim() !== ""}
          columns={[
            {
              key: "who",
              title: t("campaign.troubles.who"),
              cell: (x) => (
                <Anchor component={Link} to={`?tab=recipients&recipient=${x.recipient}`} size="sm">
                  {x.phone || t("campaign.recipient.number", { number: x.recipient })}
                </Anchor>
              ),
            },
            { key: "block", title: t("campaign.people.block"), cell: (x) => x.block || x.node },
            { key: "at", title: t("campaign.people.when"), cell: (x) => when(x.at, me.user?.zone) },
            {
              key: "what",
              title: t("campaign.troubles.what"),
              cell: (x) => <span style={{ overflowWrap: "anywhere" }}>{x.what}</span>,
            },
          ]}
          empty={null}
          nothing={<Nothing clear={() => setQ("")} />}
        />
      </Stack>
    </Card>
  );
}
