import { Anchor, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { type Column, ListFrame, useList } from "../../parts/ListFrame";
import { Standing } from "../campaign/Recipients";
import { Section } from "../launch/parts";
import { contactsKey } from "./model";

type Walk = components["schemas"]["Walk"];

/** The campaigns that a contact was in, and how far it came in each. */
export function Walks({ contact }: { contact: string }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const zone = me.user?.zone;
  const list = useList<Walk>([...contactsKey, "one", contact, "walks"], (cursor) =>
    take(
      api.GET("/api/v1/contacts/{contact}/walks", {
        params: { path: { contact }, query: { cursor: cursor || undefined, limit: 20 } },
      }),
    ),
  );
  const columns: Column<Walk>[] = [
    {
      key: "campaign",
      title: t("contacts.walk.campaign"),
      cell: (w) =>
        may("campaigns:read") ? (
          <Anchor component={Link} size="sm" to={`/campaigns/${w.campaign}?tab=recipients&recipient=${w.recipient}`}>
            {w.campaign_name}
          </Anchor>
        ) : (
          w.campaign_name
        ),
    },
    { key: "state", title: t("contacts.walk.state"), cell: (w) => <Standing person={w} /> },
    { key: "block", title: t("contacts.walk.block"), cell: (w) => w.block || w.node },
    {
      key: "when",
      title: t("contacts.walk.when"),
      cell: (w) => {
        const at = w.ended_at ?? w.entered_at ?? w.wakes_at;
        return at ? when(at, zone) : "—";
      },
    },
  ];
  return (
    <Section title={t("contacts.walk.title")}>
      <ListFrame
        label={t("contacts.walk.title")}
        list={list}
        columns={columns}
        id={(w) => `${w.campaign}-${w.recipient}`}
        filtered={false}
        empty={
          <Text size="sm" c="dimmed">
            {t("contacts.walk.none")}
          </Text>
        }
        nothing={null}
      />
    </Section>
  );
}
