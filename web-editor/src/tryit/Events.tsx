import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlayerTrackNext } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fixedOutcomes, useWorkbench } from "../canvas/context";
import { nameOf } from "../canvas/logic/edit";
import { family } from "../canvas/logic/outcomes";
import { useTypeNames } from "../canvas/names";
import { wordsOf } from "../parts/tell";
import { moment } from "../screens/campaigns/format";
import type { TrialState } from "./useTrial";
import { type Happening, happening, launchOf, possible, type Step } from "./walk";
import { factName } from "./words";

const steps = [60_000, 3_600_000, 86_400_000] as const;

/** What can be pressed now: what may happen to a message, and time. */
export function Events({ trial }: { trial: TrialState }) {
  const { t } = useTranslation();
  const zone = trial.setting?.person.zone;
  const present = trial.seen?.present;
  if (!present) return null;
  return (
    <Stack gap="sm">
      <Happen trial={trial} present={present} />
      <Group gap="xs" role="group" aria-label={t("tryit.time")}>
        {trial.next !== null && (
          <Button
            size="xs"
            leftSection={<IconPlayerTrackNext size={14} aria-hidden />}
            onClick={() => trial.next !== null && trial.wait(trial.next)}
            data-step
          >
            {t("tryit.next", { at: moment(new Date(trial.next).toISOString(), zone) })}
          </Button>
        )}
        {steps.map((ms, i) => (
          <Button key={ms} size="xs" variant="default" onClick={() => trial.wait(trial.trial.now + ms)}>
            {t(`tryit.wait.${["minute", "hour", "day"][i]}`)}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}

/** What may happen to the message that waits, or to one that was sent before. */
function Happen({ trial, present }: { trial: TrialState; present: Step }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const typeName = useTypeNames();
  const sent = (trial.seen?.done ?? []).filter((s) => s.sent_at);
  const launched = Boolean(present.sent_at && Date.parse(present.sent_at) <= trial.trial.now);
  const offered = launched ? [present, ...sent.reverse()] : sent.reverse();
  const [chosen, setChosen] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  const step = offered.find((s) => s.node === chosen) ?? (launched ? present : undefined);
  const block = step && trial.block(step.node);
  const launch = step && launchOf(step, block, trial.trial.events);
  const ready = launch && launch.at <= trial.trial.now;
  const press = async (type: Happening["type"], value: string) => {
    const e = step && happening(step, block, trial.trial.events, trial.trial.now, { type, value });
    if (!e) return;
    setWrong("");
    try {
      if (!(await trial.happen(e))) setWrong(t("tryit.cannot", { what: factName(type, value, t) }));
    } catch (error) {
      setWrong(wordsOf(error));
    }
  };
  return (
    <>
      {(offered.length > 1 || (!launched && offered.length > 0)) && (
        <Select
          label={t("tryit.message")}
          placeholder={t("tryit.messageHint")}
          size="xs"
          data={offered.map((s) => ({ value: s.node, label: nameOf(trial.scheme, s.node, typeName) }))}
          value={step?.node ?? null}
          onChange={setChosen}
        />
      )}
      {block && ready && (
        <Facts
          key={`${block.id} ${launch.attempt}`}
          offers={possible(block, fixedOutcomes(w.types, block), trial.trial.events, launch.last)}
          press={press}
        />
      )}
      {wrong && (
        <Alert color="yellow" p="xs" role="alert">
          {wrong}
        </Alert>
      )}
    </>
  );
}

type Press = (type: Happening["type"], value: string) => void;

function Facts({ offers, press }: { offers: ReturnType<typeof possible>; press: Press }) {
  const { t } = useTranslation();
  const plain = offers.filter((o) => o.type === "status" || o.type === "ivr");
  const reasons = offers.filter((o) => o.type === "error");
  return (
    <Stack gap="xs" role="group" aria-label={t("tryit.happens")}>
      <Text size="sm" fw={600}>
        {t("tryit.happens")}
      </Text>
      <Group gap="xs">
        {plain.map((o) => (
          <Button
            key={`${o.type} ${o.value}`}
            size="xs"
            variant="default"
            data-event={`${o.type}:${o.value}`}
            onClick={() => press(o.type as Happening["type"], o.value ?? "")}
            leftSection={
              <span
                aria-hidden
                style={{ width: 8, height: 8, borderRadius: 4, background: `var(--link-${family(o.type)})` }}
              />
            }
          >
            {factName(o.type, o.value ?? "", t)}
          </Button>
        ))}
      </Group>
      {offers.some((o) => o.type === "reply") && <Reply press={press} />}
      {reasons.length > 0 && (
        <Select
          aria-label={t("tryit.event.error")}
          placeholder={t("tryit.event.error")}
          size="xs"
          value={null}
          data={reasons.map(({ value = "" }) => ({ value, label: factName("error", value, t) }))}
          onChange={(v) => v !== null && press("error", v)}
        />
      )}
    </Stack>
  );
}

function Reply({ press }: { press: Press }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const send = () => {
    press("reply", text.trim());
    setText("");
  };
  return (
    <Group
      gap="xs"
      wrap="nowrap"
      component="form"
      onSubmit={(e: React.FormEvent) => {
        e.preventDefault();
        if (text.trim()) send();
      }}
    >
      <TextInput
        aria-label={t("tryit.event.reply")}
        placeholder={t("tryit.event.reply")}
        size="xs"
        value={text}
        maxLength={1000}
        onChange={(e) => setText(e.currentTarget.value)}
        style={{ flex: 1 }}
      />
      <Button type="submit" size="xs" variant="default" disabled={!text.trim()}>
        {t("tryit.event.send")}
      </Button>
    </Group>
  );
}
