import { ActionIcon, Anchor, Badge, Button, Group, Menu, SegmentedControl, Text, Title } from "@mantine/core";
import {
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDots,
  IconDownload,
  IconPlus,
  IconSearchOff,
  IconSend,
  IconSitemap,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import { useTitle } from "../../parts/title";
import { Start } from "../../start/Start";
import { nameOf, type Scheme, schemesKey, useSchemeActions } from "./actions";
import { NewCascade } from "./NewCascade";
import { Templates } from "./Templates";

type Sort = "-updated" | "updated" | "name" | "-name";
const sorts: Sort[] = ["-updated", "updated", "name", "-name"];

export function Cascades() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [search, setSearch] = useParam("q");
  const [sort, setSort] = useParam("sort", "-updated");
  const [archived, setArchived] = useParam("archived", "no");
  const [making, setMaking] = useState(false);
  useTitle(t("app.menu.cascades"));
  const list = useList<Scheme>([...schemesKey, search, sort, archived], (cursor) =>
    take(
      api.GET("/api/v1/schemes", {
        params: {
          query: {
            name: search || undefined,
            kind: "cascade",
            archived: archived === "yes",
            sort: sort as Sort,
            cursor: cursor || undefined,
            limit: 30,
          },
        },
      }),
    ),
  );
  const writes = may("schemes:write");
  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {t("app.menu.cascades")}
        </Title>
        {writes && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
            {t("cascades.new.open")}
          </Button>
        )}
      </Group>
      <Start template={() => setMaking(true)} />
      <ListFrame
        label={t("app.menu.cascades")}
        list={list}
        columns={useColumns()}
        id={(s) => s.id}
        search={[search, setSearch]}
        sort={{
          value: sort,
          set: setSort,
          options: sorts.map((value) => ({ value, label: t(`cascades.sort.${value}`) })),
        }}
        filters={
          <SegmentedControl
            aria-label={t("cascades.show.label")}
            value={archived}
            onChange={setArchived}
            data={["no", "yes"].map((value) => ({ value, label: t(`cascades.show.${value}`) }))}
          />
        }
        filtered={search !== "" || archived === "yes"}
        empty={<First writes={writes} />}
        nothing={
          <Empty
            icon={<IconSearchOff size={48} stroke={1.2} aria-hidden />}
            title={t(search ? "cascades.nothing" : "cascades.noneArchived")}
          >
            {search && t("cascades.nothingHint", { search })}
          </Empty>
        }
      />
      <NewCascade opened={making} close={() => setMaking(false)} />
    </>
  );
}

function First({ writes }: { writes: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Empty icon={<IconSitemap size={48} stroke={1.2} aria-hidden />} title={t("cascades.empty.title")}>
        {t(writes ? "cascades.empty.text" : "cascades.empty.read")}
      </Empty>
      {writes && <Templates />}
    </>
  );
}

function useColumns(): Column<Scheme>[] {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return [
    {
      key: "name",
      title: t("cascades.column.name"),
      cell: (s) => (
        <Anchor component={Link} to={`/cascades/${s.id}`} fw={550}>
          {nameOf(s, t)}
        </Anchor>
      ),
    },
    { key: "state", title: t("cascades.column.state"), cell: (s) => <State scheme={s} /> },
    {
      key: "changed",
      title: t("cascades.column.changed"),
      cell: (s) => (
        <Text size="sm" component="span">
          {t("cascades.changedBy", { when: when(s.updated_at, zone), who: s.draft_by.name })}
        </Text>
      ),
    },
    { key: "actions", title: t("parts.actions"), cell: (s) => <Actions scheme={s} /> },
  ];
}

function State({ scheme: s }: { scheme: Scheme }) {
  const { t } = useTranslation();
  const [key, color] = !s.published
    ? ["draft", "gray"]
    : s.published.changed
      ? ["changed", "yellow"]
      : ["published", "green"];
  return (
    <Badge variant="light" color={color} tt="none" c="var(--mantine-color-text)">
      {t(`cascades.state.${key}`, { number: s.published?.number ?? 0 })}
    </Badge>
  );
}

function Actions({ scheme: s }: { scheme: Scheme }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const act = useSchemeActions();
  const writes = may("schemes:write");
  const archived = s.archived_at !== undefined;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("cascades.actionsOf", { name: nameOf(s, t) })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {s.published && !archived && may("campaigns:write") && (
          <Menu.Item
            component={Link}
            to={`/campaigns/new?scheme=${s.id}`}
            leftSection={<IconSend size={16} aria-hidden />}
          >
            {t("launch.ofCascade")}
          </Menu.Item>
        )}
        {writes && (
          <Menu.Item leftSection={<IconCopy size={16} aria-hidden />} onClick={() => act.copy(s)}>
            {t("cascades.copy")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconDownload size={16} aria-hidden />} onClick={() => act.save(s)}>
          {t("cascades.export")}
        </Menu.Item>
        {writes && (
          <Menu.Item
            leftSection={archived ? <IconArchiveOff size={16} aria-hidden /> : <IconArchive size={16} aria-hidden />}
            onClick={() => act.archive(s, !archived)}
          >
            {t(archived ? "cascades.unarchive" : "cascades.archive")}
          </Menu.Item>
        )}
        {writes && archived && !s.published && (
          <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => act.ask(s)}>
            {t("parts.delete")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
