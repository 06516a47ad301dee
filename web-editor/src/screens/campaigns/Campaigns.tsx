import { Anchor, Badge, Button, Group, Menu, Progress, Stack, Text, Title } from "@mantine/core";
import { IconChevronDown, IconMessage, IconPlus, IconSearchOff, IconSend, IconSitemap } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, type Page, useParam } from "../../parts/ListFrame";
import { useTitle } from "../../parts/title";
import { ActMenu } from "./ActMenu";
import { Filters, useFilters } from "./Filters";
import { number, percent } from "./format";
import { type Campaign, campaignsKey, moving, progress, type State } from "./model";
import { StateBadge } from "./State";

const livelier = 3000;
const sorts = ["-created_at", "created_at", "name", "-name", "start", "-start", "state", "-state"] as const;
type Sort = (typeof sorts)[number];
const [newest] = sorts;

function useCampaigns(search: string, sort: Sort, filters: ReturnType<typeof useFilters>["value"]) {
  return useInfiniteQuery({
    queryKey: [...campaignsKey, search, sort, filters],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/campaigns", {
          params: {
            query: {
              q: search || undefined,
              state: filters.states.length ? (filters.states as State[]) : undefined,
              tag: filters.tag || undefined,
              scheme: filters.scheme || undefined,
              archived: filters.archived || undefined,
              tests: filters.tests || undefined,
              sort,
              cursor: pageParam || undefined,
              limit: 30,
            },
          },
        }),
      ) as Promise<Page<Campaign>>,
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: (old) => old,
    refetchInterval: (q) => (q.state.data?.pages.some((p) => p.items.some(moving)) ? livelier : false),
  });
}

export function Campaigns() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [search, setSearch] = useParam("q");
  const filters = useFilters();
  const [asked, setSort] = useParam("sort", newest);
  const sort = sorts.find((s) => s === asked) ?? newest;
  const list = useCampaigns(search, sort, filters.value);
  useTitle(t("app.menu.campaigns"));
  const writes = may("campaigns:write");
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {t("app.menu.campaigns")}
        </Title>
        {writes && <New />}
      </Group>
      <ListFrame
        label={t("app.menu.campaigns")}
        list={list}
        columns={useColumns()}
        id={(c) => c.id}
        search={[search, setSearch]}
        filters={<Filters filters={filters} items={items} />}
        sort={{
          value: sort,
          set: setSort,
          options: sorts.map((value) => ({ value, label: t(`campaigns.sort.${value}`) })),
        }}
        filtered={search !== "" || filters.on}
        empty={
          <Empty icon={<IconSend size={48} stroke={1.2} aria-hidden />} title={t("campaigns.empty.title")}>
            {t(writes ? "campaigns.empty.text" : "campaigns.empty.read")}
          </Empty>
        }
        nothing={
          <Empty
            icon={<IconSearchOff size={48} stroke={1.2} aria-hidden />}
            title={t("campaigns.nothing")}
            action={
              <Button
                variant="default"
                onClick={() => {
                  filters.clear();
                }}
              >
                {t("campaigns.filter.clear")}
              </Button>
            }
          >
            {t("campaigns.nothingHint")}
          </Empty>
        }
      />
    </>
  );
}

function New() {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <Button
          leftSection={<IconPlus size={18} aria-hidden />}
          rightSection={<IconChevronDown size={16} aria-hidden />}
        >
          {t("campaigns.new.open")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/campaigns/new" leftSection={<IconSitemap size={18} aria-hidden />}>
          {t("campaigns.new.cascade")}
          <Text size="xs" c="dimmed">
            {t("campaigns.new.cascadeHint")}
          </Text>
        </Menu.Item>
        {may("schemes:write") && (
          <Menu.Item component={Link} to="/campaigns/mailing" leftSection={<IconMessage size={18} aria-hidden />}>
            {t("campaigns.new.mailing")}
            <Text size="xs" c="dimmed">
              {t("campaigns.new.mailingHint")}
            </Text>
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function useColumns(): Column<Campaign>[] {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return [
    {
      key: "name",
      title: t("campaigns.column.name"),
      cell: (c) => (
        <Stack gap={4} align="flex-start">
          <Anchor component={Link} to={`/campaigns/${c.id}`} fw={550} style={{ overflowWrap: "anywhere" }}>
            {c.name}
          </Anchor>
          <Marks campaign={c} />
        </Stack>
      ),
    },
    { key: "state", title: t("campaigns.column.state"), cell: (c) => <StateBadge campaign={c} /> },
    { key: "progress", title: t("campaigns.column.progress"), cell: (c) => <Bar campaign={c} /> },
    {
      key: "recipients",
      title: t("campaigns.column.recipients"),
      numeric: true,
      cell: (c) => (c.state === "draft" || c.state === "moderation" ? "—" : number(c.recipients)),
    },
    { key: "when", title: t("campaigns.column.when"), cell: (c) => <Times campaign={c} zone={zone} /> },
    { key: "actions", title: t("parts.actions"), cell: (c) => <ActMenu campaign={c} /> },
  ];
}

function Marks({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const marks = [
    c.kind === "open" && t("campaigns.mark.open"),
    c.start?.when === "cron" && t("campaigns.mark.cron"),
    c.test && t("campaigns.mark.test"),
    c.made_as && c.made_as !== "test" && t(`campaigns.mark.${c.made_as}`),
    c.archived_at && t("campaigns.mark.archived"),
  ].filter((m) => typeof m === "string" && m !== "") as string[];
  const tags = c.tags ?? [];
  if (!marks.length && !tags.length) return null;
  return (
    <Group gap={4}>
      {marks.map((m) => (
        <Badge key={m} size="sm" variant="default" tt="none" fw={500}>
          {m}
        </Badge>
      ))}
      {tags.map((tag) => (
        <Badge key={`#${tag}`} size="sm" variant="light" color="gray" tt="none" fw={500} c="var(--mantine-color-text)">
          #{tag}
        </Badge>
      ))}
    </Group>
  );
}

/** How far a campaign is, drawn and in words. */
export function Bar({ campaign: c, width = 140 }: { campaign: Campaign; width?: number | string }) {
  const { t } = useTranslation();
  const share = progress(c);
  if (share === null) return <Text size="sm">—</Text>;
  const label = t("campaigns.progress", { done: number(c.recipients - c.open), all: number(c.recipients) });
  return (
    <Stack gap={2} w={width} ml={{ base: "auto", sm: 0 }}>
      <Progress.Root size="md">
        <Progress.Section
          value={share * 100}
          aria-label={label}
          color={c.state === "cancelled" ? "red" : c.state === "paused" ? "orange" : "indigo"}
        />
      </Progress.Root>
      <Text size="xs" c="dimmed">
        {percent(c.open > 0 ? Math.min(share, 0.99) : share)} ·{" "}
        {t("campaigns.left", { count: c.open, n: number(c.open) })}
      </Text>
    </Stack>
  );
}

function Times({ campaign: c, zone }: { campaign: Campaign; zone?: string }) {
  const { t } = useTranslation();
  const [key, at] = c.finished_at
    ? ["finished", c.finished_at]
    : c.next_at
      ? ["next", c.next_at]
      : c.starts_at
        ? [Date.parse(c.starts_at) > Date.now() ? "starts" : "started", c.starts_at]
        : ["created", c.created_at];
  return (
    <Text size="sm" component="span">
      {t(`campaigns.time.${key}`, { when: when(at, zone) })}
    </Text>
  );
}
