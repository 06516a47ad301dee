import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../app/session";
import { lasting } from "../../canvas/logic/summary";
import { moment, number, zoneName } from "../campaigns/format";
import type { Campaign } from "../campaigns/model";
import { useEdition, useGroups } from "../campaigns/queries";
import { Snippet } from "../launch/OpenPart";
import { fieldName, useCorrections } from "./Correct";
import { EditTerms } from "./EditTerms";
import { Card } from "./Picture";

/** On what terms a campaign runs; what may change while it runs can be changed here. */
export function TermsTab({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [editing, setEditing] = useState(false);
  const rows = useRows(c);
  const writes = may("campaigns:write") && !c.launching && !["draft", "moderation"].includes(c.state);
  return (
    <Stack>
      <Card title={t("campaign.terms.title")}>
        <Stack gap="sm" align="flex-start">
          <Table verticalSpacing={6} aria-label={t("campaign.terms.title")}>
            <Table.Tbody>
              {rows.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500} style={{ width: "40%" }}>
                    {name}
                  </Table.Th>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {writes && (
            <Button
              variant="default"
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() => setEditing(true)}
            >
              {t("campaign.terms.edit")}
            </Button>
          )}
        </Stack>
      </Card>
      {c.kind === "open" && !c.closed_at && (
        <Card title={t("launch.open.title")}>
          <Snippet id={c.id} />
        </Card>
      )}
      <Corrections campaign={c} />
      <EditTerms campaign={c} opened={editing} close={() => setEditing(false)} />
    </Stack>
  );
}

function useRows(c: Campaign): [string, ReactNode][] {
  const { t } = useTranslation();
  const edition = useEdition(c.version).data;
  const groups = useGroups().data?.items ?? [];
  const named = (ids: readonly string[] | undefined) =>
    ids?.map((id) => groups.find((g) => g.id === id)?.name ?? id).join(", ");
  const a = c.audience ?? {};
  const w = c.window;
  const rows: [string, ReactNode | undefined | false][] = [
    ["version", edition && t("campaign.terms.ofVersion", { name: edition.name, number: edition.number ?? 1 })],
    ["kind", t(`launch.kind.${c.kind ?? "closed"}`)],
    ["groups", c.kind !== "open" && (named(a.groups) || t("launch.audience.all"))],
    ["minus", named(a.minus_groups)],
    ["filter", a.filter && <code>{a.filter}</code>],
    ["follows", a.follows && t(`campaigns.followUp.${a.follows.who}`)],
    ["entry", c.entry && t(`launch.open.${c.entry.again}`)],
    ["limit", c.entry?.limit && number(c.entry.limit)],
    ["start", startOf(c, t)],
    ["window", w ? windowOf(w, t) : t("campaign.terms.anyHour")],
    ["end", c.end && moment(c.end, c.zone)],
    ["endAfter", c.end_after && lasting(c.end_after, t)],
    ["smooth", c.smooth && t("campaign.terms.yes")],
    ["rate", c.rate && t("campaign.stat.perSecond", { n: number(c.rate) })],
    ["zone", c.zone && zoneName(c.zone)],
    ["advertising", c.advertising && t("campaign.terms.yes")],
    ["tags", c.tags?.join(", ")],
    ["author", c.author],
    ["created", moment(c.created_at, c.zone)],
    ["refused", refusedOf(c, t)],
  ];
  return rows.flatMap(([k, v]) => (v ? [[t(`campaign.terms.${k}`), v] as [string, ReactNode]] : []));
}

type Say = (key: string, o?: Record<string, unknown>) => string;

function startOf(c: Campaign, t: Say): string {
  const s = c.start ?? { when: "now" };
  if (s.at) return moment(s.at, c.zone);
  if (s.local) return t("campaign.terms.local", { when: moment(`${s.local.replace(" ", "T")}:00Z`, "UTC") });
  if (s.cron) return t("campaign.terms.cron", { cron: s.cron, zone: s.zone || c.zone });
  return t("launch.when.now");
}

function windowOf(w: NonNullable<Campaign["window"]>, t: Say): string {
  const zone = ["recipient", "sender"].includes(w.zone) ? t(`canvas.window.${w.zone}`).toLocaleLowerCase() : w.zone;
  const days = w.days.length === 7 ? t("campaign.terms.everyDay") : w.days.join(", ");
  return t("campaign.terms.hours", { from: w.from, to: w.to, zone, days });
}

const refusedOf = (c: Campaign, t: Say): ReactNode =>
  c.refused &&
  Object.entries(c.refused).length > 0 && (
    <Stack gap={2}>
      {Object.entries(c.refused).map(([reason, n]) => (
        <Text key={reason} size="sm">
          {t(`launch.check.${reason}`, { count: n, n: number(n) })}
        </Text>
      ))}
    </Stack>
  );

function Corrections({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const list = useCorrections(c.id).data?.items ?? [];
  if (!list.length) return null;
  return (
    <Card title={t("campaign.correct.list")}>
      <Stack gap="sm">
        {list.map((x) => (
          <div key={x.id}>
            <Group gap="xs">
              <Text size="sm" fw={600}>
                {x.node}: {fieldName(x.field, t)}
              </Text>
              <Text size="xs" c="dimmed">
                {x.by}, {moment(x.at, c.zone)}
              </Text>
            </Group>
            <Text size="sm" td="line-through" c="dimmed">
              {x.old}
            </Text>
            <Text size="sm">{x.new}</Text>
          </div>
        ))}
      </Stack>
    </Card>
  );
}
