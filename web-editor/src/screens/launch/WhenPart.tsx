import { Alert, Input, NumberInput, Radio, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Days, zones } from "../../canvas/fields/Simple";
import { ClockInput, WallInput } from "../../parts/WallInput";
import { type Repeat, readCron, writeCron } from "./cron";
import { InstantInput, Section } from "./parts";
import { type Terms, withStart, wrongAt } from "./terms";
import type { TermsState } from "./useTerms";
import { toWall } from "./wall";

type Start = NonNullable<Terms["start"]>;
const hour = 3_600_000;

/** What a kind of start begins with when it is chosen. */
function freshStart(when: Start["when"], zone: string): Start {
  const soon = new Date(Math.ceil((Date.now() + hour) / hour) * hour).toISOString();
  if (when === "at") return { when, at: soon };
  if (when === "local")
    return { when, local: `${toWall(new Date(Date.now() + 24 * hour).toISOString(), zone).slice(0, 10)} 10:00` };
  if (when === "cron") return { when, cron: "0 10 * * 1" };
  return { when };
}

/** When it begins: now, at an instant, by the recipients' clocks, or again and again. */
export function WhenPart({ form }: { form: TermsState }) {
  const { t } = useTranslation();
  const { terms, errors, replace } = form;
  const zone = terms.zone || "UTC";
  const start = terms.start ?? { when: "now" };
  const put = (next: Start) => replace((old) => withStart(old, next));
  const kinds: Start["when"][] = terms.kind === "open" ? ["now", "at"] : ["now", "at", "local", "cron"];
  return (
    <Section title={t("launch.when.title")}>
      <Radio.Group
        aria-label={t("launch.when.title")}
        value={start.when}
        onChange={(v) => put(freshStart(v as Start["when"], zone))}
        error={errors["start.when"] ?? errors.start}
      >
        <Stack gap="xs">
          {kinds.map((k) => (
            <Radio key={k} value={k} label={t(`launch.when.${k}`)} description={t(`launch.when.${k}Hint`)} />
          ))}
        </Stack>
      </Radio.Group>
      {start.when === "at" && (
        <InstantInput
          label={t("launch.when.instant")}
          value={start.at}
          zone={zone}
          set={(at) => put({ when: "at", at })}
          error={errors["start.at"]}
          required
        />
      )}
      {start.when === "local" && (
        <WallInput
          label={t("launch.when.wall")}
          value={(start.local ?? "").replace(" ", "T")}
          set={(wall) => put({ when: "local", local: wall.replace("T", " ") })}
          clock={t("dates.byRecipient")}
          standard="10:00"
          error={errors["start.local"]}
          required
        />
      )}
      {start.when === "cron" && <Repetition start={start} zone={zone} put={put} errors={errors} />}
    </Section>
  );
}

interface RepetitionProps {
  start: Start;
  zone: string;
  put: (s: Start) => void;
  errors: Record<string, string>;
}

export function Repetition({ start, zone, put, errors }: RepetitionProps) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 36em)");
  const repeat = readCron(start.cron ?? "");
  const set = (r: Repeat) => put({ ...start, cron: writeCron(r) });
  const time = repeat.every === "custom" ? "10:00" : repeat.time;
  const [byHand, setByHand] = useState(false);
  const every = (v: string) => {
    setByHand(v === "custom");
    if (v === "day") set({ every: "day", time });
    else if (v === "week") set({ every: "week", time, days: [1] });
    else if (v === "month") set({ every: "month", time, day: 1 });
  };
  const typed = byHand || repeat.every === "custom";
  const error = wrongAt(errors, "start.cron");
  return (
    <Stack gap="sm">
      <Input.Wrapper label={t("launch.cron.every")} labelElement="div">
        <SegmentedControl
          aria-label={t("launch.cron.every")}
          fullWidth
          orientation={narrow ? "vertical" : "horizontal"}
          mt={4}
          value={typed ? "custom" : repeat.every}
          onChange={every}
          data={["day", "week", "month", "custom"].map((value) => ({ value, label: t(`launch.cron.${value}`) }))}
        />
      </Input.Wrapper>
      {typed ? (
        <TextInput
          label={t("launch.cron.fields")}
          description={t("launch.cron.fieldsHint")}
          value={start.cron ?? ""}
          maxLength={200}
          onChange={(e) => put({ ...start, cron: e.currentTarget.value })}
          error={error}
          styles={{ input: { fontFamily: "monospace" } }}
        />
      ) : (
        <Simple repeat={repeat} set={set} error={error} />
      )}
      <Select
        label={t("launch.cron.zone")}
        data={zones()}
        value={start.zone || zone}
        searchable
        limit={50}
        allowDeselect={false}
        onChange={(z) => z && put({ ...start, zone: z === zone ? undefined : z })}
        error={errors["start.zone"]}
      />
      <InstantInput
        label={t("launch.cron.until")}
        description={t("launch.cron.untilHint")}
        value={start.until}
        zone={start.zone || zone}
        set={(until) => put({ ...start, until })}
        error={errors["start.until"]}
        last
      />
      <Alert color="blue" p="xs">
        <Text size="sm">{t("launch.cron.each")}</Text>
      </Alert>
    </Stack>
  );
}

function Simple({ repeat: r, set, error }: { repeat: Repeat; set: (r: Repeat) => void; error?: string }) {
  const { t } = useTranslation();
  if (r.every === "custom") return null;
  return (
    <>
      {r.every === "week" && (
        <Days
          label={t("launch.cron.days")}
          value={r.days}
          set={(v) => set({ ...r, days: (v as number[]).length ? (v as number[]) : r.days })}
          readOnly={false}
        />
      )}
      {r.every === "month" && (
        <NumberInput
          label={t("launch.cron.dayOfMonth")}
          value={r.day}
          min={1}
          max={31}
          clampBehavior="strict"
          allowDecimal={false}
          maw={160}
          onChange={(v) => typeof v === "number" && v >= 1 && set({ ...r, day: v })}
        />
      )}
      <ClockInput label={t("launch.cron.time")} value={r.time} set={(time) => set({ ...r, time })} error={error} />
    </>
  );
}
