import { Badge, Button, Group, Stack, Text, ThemeIcon } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useActions } from "../canvas/actions";
import { nameOf } from "../canvas/logic/edit";
import { lookOf } from "../canvas/look";
import { useTypeNames } from "../canvas/names";
import { tell } from "../parts/tell";
import { moment } from "../screens/campaigns/format";
import type { TrialState } from "./useTrial";
import type { Step } from "./walk";
import { decision, factName, why } from "./words";

const outcomes: Record<string, string> = { goal: "green", completed: "blue", failed: "red", interrupted: "yellow" };

/** The walk step by step, by the recipient's own clock, with the reason of each decision. */
export function Told({ trial }: { trial: TrialState }) {
  const { t } = useTranslation();
  const { seen, found } = trial;
  if (!seen || !found) return null;
  const zone = trial.setting?.person.zone;
  const at = (instant: string) => clock(instant, zone);
  return (
    <Stack gap="sm">
      <Stack component="ol" gap="xs" m={0} p={0} style={{ listStyle: "none" }} aria-label={t("tryit.walk")} data-walk>
        {seen.done.map((s) => (
          <Line key={s.node} step={s} trial={trial} />
        ))}
        {seen.present && <Line step={seen.present} trial={trial} present />}
      </Stack>
      <div aria-live="polite">
        {seen.present ? (
          <Text size="sm" c="dimmed">
            {t("tryit.now", { at: at(new Date(trial.trial.now).toISOString()) })}
          </Text>
        ) : (
          <Group gap="xs" data-outcome={found.outcome}>
            <Badge color={outcomes[found.outcome] ?? "gray"} variant="light" tt="none" c="var(--mantine-color-text)">
              {t(`tryit.outcome.${found.outcome}`, { defaultValue: found.outcome })}
            </Badge>
            <Text size="sm">{t("tryit.endedAt", { at: at(found.ended_at) })}</Text>
          </Group>
        )}
      </div>
      <Aside title={t("tryit.late")} events={found.late} trial={trial} />
      <Aside title={t("tryit.unused")} events={found.unused} trial={trial} />
    </Stack>
  );
}

function Line({ step: s, trial, present }: { step: Step; trial: TrialState; present?: boolean }) {
  const { t } = useTranslation();
  const act = useActions();
  const typeName = useTypeNames();
  const block = trial.block(s.node);
  const { icon: Icon, color } = lookOf(block?.type ?? "");
  const zone = trial.setting?.person.zone;
  const at = (instant: string) => clock(instant, zone);
  const { now, events } = trial.trial;
  const sent = s.sent_at && Date.parse(s.sent_at) <= now;
  const held = s.sent_at && s.sent_at !== s.entered_at;
  const facts = events.filter((e) => e.node === s.node);
  return (
    <Group
      component="li"
      gap="xs"
      wrap="nowrap"
      align="start"
      data-walked={s.node}
      aria-current={present ? "step" : undefined}
    >
      <ThemeIcon variant={present ? "filled" : "light"} autoContrast color={color} size={26}>
        <Icon size={15} aria-hidden />
      </ThemeIcon>
      <Stack gap={2} style={{ flex: 1, minWidth: 0 }}>
        <Button
          variant="subtle"
          size="compact-sm"
          justify="flex-start"
          px={0}
          fw={600}
          onClick={() => act.show(s.node)}
        >
          {nameOf(trial.scheme, s.node, typeName)}
        </Button>
        <Text size="xs" c="dimmed">
          {t("tryit.entered", { at: at(s.entered_at) })}
        </Text>
        {s.sent_at && (sent || present) && (
          <Text size="xs" c="dimmed">
            {t(sent ? (held ? "tryit.sentHeld" : "tryit.sent") : "tryit.held", { at: at(s.sent_at) })}
          </Text>
        )}
        {facts.length > 0 && (
          <Group gap={4}>
            {facts.map((e) => (
              <Badge key={`${e.type} ${e.value} ${e.after}`} size="sm" variant="default" tt="none" fw={500} maw="100%">
                {factName(e.type, e.value, t)}
              </Badge>
            ))}
          </Group>
        )}
        {present ? (
          <Text size="sm">{t("tryit.wouldBe", { what: decision(trial.scheme, s, t), at: at(s.decided_at) })}</Text>
        ) : (
          <Decided step={s} trial={trial} at={at} />
        )}
      </Stack>
    </Group>
  );
}

function Decided({ step: s, trial, at }: { step: Step; trial: TrialState; at: (instant: string) => string }) {
  const { t } = useTranslation();
  const hook = trial.block(s.node)?.type === "webhook" && s.reason === "next";
  const fail = () => trial.happen({ node: s.node, after: "0s", type: "error", value: "unavailable" }).catch(tell);
  return (
    <>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        <b>{decision(trial.scheme, s, t)}</b> · {at(s.decided_at)}
      </Text>
      <Text size="xs" style={{ overflowWrap: "anywhere" }}>
        {why(trial.scheme, s, t)}
      </Text>
      {hook && (
        <Button size="compact-xs" variant="default" onClick={fail} style={{ alignSelf: "flex-start" }}>
          {t("tryit.hookFails")}
        </Button>
      )}
    </>
  );
}

/** Events that moved nothing, and why. */
function Aside({
  title,
  events,
  trial,
}: {
  title: string;
  events: readonly { node: string; type: string; value: string }[];
  trial: TrialState;
}) {
  const { t } = useTranslation();
  const typeName = useTypeNames();
  if (!events.length) return null;
  return (
    <Stack gap={2}>
      <Text size="xs" fw={600}>
        {title}
      </Text>
      {events.map((e, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no other name, and their order is what counts
        <Text key={i} size="xs">
          {nameOf(trial.scheme, e.node, typeName)}: {factName(e.type, e.value, t)}
        </Text>
      ))}
    </Stack>
  );
}

/** Seconds only where there are some. */
const clock = (instant: string, zone?: string) => moment(instant, zone, new Date(instant).getUTCSeconds() !== 0);
