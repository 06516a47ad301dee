import { Anchor, Badge, Button, Group, Select, Text } from "@mantine/core";
import { IconSearchOff, IconUsers } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import type { Campaign } from "../campaigns/model";
import { useFigures } from "./context";
import { endingColors } from "./Endings";
import { ExportPeople } from "./ExportPeople";
import { reasonName } from "./reason";
import { Walk } from "./Walk";

type Person = components["schemas"]["Person"];
const states = ["waiting", "open", "goal", "completed", "failed", "interrupted"] as const;

function useFilters() {
  const [search, setSearch] = useParam("q");
  const [state, setState] = useParam("state");
  const [node, setNode] = useParam("node");
  const [reason, setReason] = useParam("reason");
  const [, set] = useSearchParams();
  const clear = () => set({ tab: "recipients" }, { replace: true });
  return { search, setSearch, state, setState, node, setNode, reason, setReason, clear };
}

/** The recipients of a campaign, with where each stands. */
export function Recipients({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const f = useFilters();
  const [recipient, setRecipient] = useParam("recipient");
  // The server seeks by the end of a number or the beginning of a name.
  const q = f.search.trim();
  const short = /^\+?\d{1,3}$/.test(q);
  const all = !q && !f.state && !f.node && !f.reason;
  const chosen = {
    q: short ? undefined : q.replace(/^\+/, "") || undefined,
    state: (f.state || undefined) as Person["state"] | undefined,
    node: f.node || undefined,
    reason: f.reason || undefined,
  };
  const list = useList<Person>(["recipients", c.id, chosen], (cursor) =>
    take(
      api.GET("/api/v1/campaigns/{campaign}/recipients", {
        params: {
          path: { campaign: c.id },
          query: { ...chosen, cursor: cursor || undefined, limit: 50 },
        },
      }),
    ).then((page) => ({ ...page, total: page.total ?? (all ? c.recipients : undefined) })),
  );
  const people = list.data?.pages[0]?.items ?? [];
  return (
    <>
      <ListFrame
        label={t("campaign.tab.recipients")}
        list={list}
        columns={useColumns((n) => setRecipient(String(n)))}
        id={(p) => String(p.recipient)}
        search={[f.search, f.setSearch]}
        filters={
          <>
            <Filters f={f} />
            {people.length > 0 && <ExportPeople campaign={c.id} chosen={chosen} />}
          </>
        }
        filtered={Boolean(q || f.state || f.node || f.reason)}
        empty={
          <Empty icon={<IconUsers size={48} stroke={1.2} aria-hidden />} title={t("campaign.people.none")}>
            {c.kind === "open" && t("campaign.people.noneOpen")}
          </Empty>
        }
        nothing={
          <Empty
            icon={<IconSearchOff size={48} stroke={1.2} aria-hidden />}
            title={t("campaigns.nothing")}
            action={
              <Button variant="default" onClick={f.clear}>
                {t("campaigns.filter.clear")}
              </Button>
            }
          >
            {t("campaign.people.nothing")}
          </Empty>
        }
      />
      <Walk campaign={c} recipient={recipient} close={() => setRecipient("")} />
    </>
  );
}

function Filters({ f }: { f: ReturnType<typeof useFilters> }) {
  const { t } = useTranslation();
  const blocks = useFigures((l) => l.figures?.blocks);
  const reasons = ["no_link", "goal", "timeout", "unsubscribed", "spam", "error"];
  if (f.reason && !reasons.includes(f.reason)) reasons.push(f.reason);
  const clear = { clearable: true, clearButtonProps: { "aria-label": t("campaigns.filter.clear") } };
  return (
    <Group gap="sm" align="end">
      <Select
        label={t("campaign.people.state")}
        data={states.map((value) => ({ value, label: t(`campaign.person.${value}`) }))}
        value={f.state || null}
        onChange={(v) => f.setState(v ?? "")}
        {...clear}
        w={170}
      />
      <Select
        label={t("campaign.people.block")}
        data={(blocks ?? []).map((b) => ({ value: b.id, label: b.name || b.id }))}
        value={f.node || null}
        onChange={(v) => f.setNode(v ?? "")}
        searchable
        {...clear}
        w={200}
      />
      <Select
        label={t("campaign.people.reason")}
        data={reasons.map((value) => ({ value, label: reasonName(value, t) }))}
        value={f.reason || null}
        onChange={(v) => f.setReason(v ?? "")}
        {...clear}
        w={190}
      />
    </Group>
  );
}

function useColumns(open: (recipient: number) => void): Column<Person>[] {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return [
    {
      key: "phone",
      title: t("campaign.people.phone"),
      cell: (p) => (
        <Anchor component="button" type="button" size="sm" fw={550} onClick={() => open(p.recipient)}>
          {p.phone || t("campaign.recipient.number", { number: p.recipient })}
        </Anchor>
      ),
    },
    { key: "name", title: t("campaign.people.name"), cell: (p) => p.name || "—" },
    { key: "state", title: t("campaign.people.state"), cell: (p) => <Standing person={p} /> },
    { key: "block", title: t("campaign.people.block"), cell: (p) => p.block || p.node },
    {
      key: "when",
      title: t("campaign.people.when"),
      cell: (p) => (
        <Text size="sm" component="span">
          {p.ended_at
            ? t("campaign.people.ended", { when: when(p.ended_at, zone) })
            : p.wakes_at
              ? t("campaign.people.waits", { when: when(p.wakes_at, zone) })
              : p.entered_at && t("campaign.people.since", { when: when(p.entered_at, zone) })}
        </Text>
      ),
    },
  ];
}

/** Where a recipient stands, and why the walk ended. */
export function Standing({ person: p }: { person: { state: Person["state"]; reason?: string } }) {
  const { t } = useTranslation();
  return (
    <span>
      <Badge variant="light" color={endingColors[p.state] ?? "blue"} c="var(--mantine-color-text)" tt="none">
        {t(`campaign.person.${p.state}`)}
      </Badge>
      {p.reason && p.reason !== "goal" && (
        <Text size="xs" c="dimmed" component="div">
          {reasonName(p.reason, t)}
        </Text>
      )}
    </span>
  );
}
