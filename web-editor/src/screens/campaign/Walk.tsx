import { Alert, Anchor, Badge, Drawer, Group, Stack, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { Waiting } from "../../app/Waiting";
import { lookOf } from "../../canvas/look";
import { Failure } from "../../parts/Failure";
import { moment, zoneName } from "../campaigns/format";
import type { Campaign } from "../campaigns/model";
import { factName } from "./Blocks";
import classes from "./campaign.module.css";
import { Standing } from "./Recipients";
import { byDay, factsOf, repliesTo } from "./walk";

type Shown = components["schemas"]["Shown"];

interface Props {
  campaign: Campaign;
  /** The recipient's number; empty: none is looked at. */
  recipient: string;
  close: () => void;
}

/** One recipient's way through the campaign, in words, and the messages as they were sent. */
export function Walk({ campaign: c, recipient, close }: Props) {
  const { t } = useTranslation();
  const trace = useQuery<Shown>({
    queryKey: ["trace", c.id, recipient],
    queryFn: () =>
      take(
        api.GET("/api/v1/campaigns/{campaign}/recipients/{recipient}", {
          params: { path: { campaign: c.id, recipient: Number(recipient) } },
        }),
      ),
    enabled: /^\d+$/.test(recipient),
    refetchInterval: (q) => (["open", "waiting"].includes(q.state.data?.state ?? "") ? 5000 : false),
  });
  return (
    <Drawer
      opened={recipient !== ""}
      onClose={close}
      position="right"
      size="lg"
      title={t("campaign.recipient.title")}
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      {trace.isError && <Failure error={trace.error} again={() => trace.refetch()} />}
      {trace.isLoading && <Waiting />}
      {trace.data && <Content shown={trace.data} />}
    </Drawer>
  );
}

function Content({ shown: s }: { shown: Shown }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const last = s.steps.at(-1);
  return (
    <Stack>
      <div>
        <Title order={2} size="h4">
          {s.phone || t("campaign.recipient.number", { number: s.recipient })}
        </Title>
        <Text size="sm" c="dimmed">
          {s.zone_known ? zoneName(s.zone) : t("campaign.recipient.zoneUnknown", { zone: zoneName(s.zone) })}
        </Text>
        {may("contacts:read") && (
          <Anchor component={Link} to={`/contacts/${s.contact}`} size="sm">
            {t("campaign.recipient.contact")}
          </Anchor>
        )}
        <Group mt={6}>
          <Standing person={{ state: s.state, reason: s.ended_at ? last?.reason : undefined }} />
        </Group>
      </div>
      <Tabs defaultValue="walk" keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="walk">{t("campaign.recipient.walk")}</Tabs.Tab>
          <Tabs.Tab value="messages">{t("campaign.recipient.messages", { count: s.messages.length })}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="walk">
          <Told shown={s} />
        </Tabs.Panel>
        <Tabs.Panel value="messages">
          <Messages shown={s} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** The walk line by line, by the recipient's own clock. */
function Told({ shown: s }: { shown: Shown }) {
  const { t, i18n } = useTranslation();
  const told = i18n.language === "en" ? s.words.en : s.words.ru;
  const clock = new Intl.DateTimeFormat(i18n.language, { timeZone: s.zone, timeStyle: "medium" });
  return (
    <Stack gap="md" data-walk>
      {told.lines.length === 0 && <Text c="dimmed">{t("campaign.recipient.nothing")}</Text>}
      {byDay(told.lines, s.zone, i18n.language).map((d) => (
        <div key={d.day}>
          <Text size="sm" fw={600} mb={4}>
            {d.day}
          </Text>
          <Stack component="ol" gap={6} m={0} p={0} style={{ listStyle: "none" }}>
            {d.lines.map((l, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and their order is what counts
              <Group key={i} component="li" gap="sm" wrap="nowrap" align="start">
                <Text size="sm" c="dimmed" component="time" dateTime={l.at} style={{ whiteSpace: "nowrap" }}>
                  {clock.format(new Date(l.at))}
                </Text>
                <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                  {l.text}
                </Text>
              </Group>
            ))}
          </Stack>
        </div>
      ))}
      {s.troubles.map((x) => (
        <Alert key={`${x.node} ${x.at}`} color="yellow" title={t("campaign.troubles.title")}>
          {x.what}
        </Alert>
      ))}
    </Stack>
  );
}

/** The messages that were sent, as they look on a phone. */
function Messages({ shown: s }: { shown: Shown }) {
  const { t } = useTranslation();
  if (!s.messages.length) return <Text c="dimmed">{t("campaign.recipient.noMessages")}</Text>;
  return (
    <Stack className={classes.phone} gap="md" data-phone>
      {s.messages.map((m) => {
        const step = s.steps.find((x) => x.node === m.node);
        const { icon: Icon, color } = lookOf(step?.type ?? "");
        return (
          <Stack key={`${m.node} ${m.attempt}`} gap={4}>
            <Group gap={6} wrap="nowrap">
              <Icon size={16} color={`var(--mantine-color-${color}-6)`} aria-hidden style={{ flexShrink: 0 }} />
              <Text size="xs" c="dimmed">
                {t(`launch.channel.${step?.type ?? ""}`, { defaultValue: step?.type ?? "" })},{" "}
                {moment(m.launched_at, s.zone)}
                {m.attempt > 1 && `, ${t("campaign.recipient.attempt", { number: m.attempt })}`}
              </Text>
            </Group>
            <div className={classes.bubble}>{m.text}</div>
            <Group gap={4}>
              {factsOf(m, s.facts).map((f) => (
                <Badge key={f} size="sm" variant="default" tt="none" fw={500}>
                  {factName(f, t)}
                </Badge>
              ))}
            </Group>
            {repliesTo(m, s.facts).map((r) => (
              <div key={r} className={`${classes.bubble} ${classes.reply}`}>
                {r}
              </div>
            ))}
          </Stack>
        );
      })}
    </Stack>
  );
}
