import { Group, Input, Stack, Text } from "@mantine/core";
import "@mantine/dates/styles.css";
import { DateInput, DatesProvider, TimePicker } from "@mantine/dates";
import "dayjs/locale/ru";
import { type MouseEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ClockProps, DayProps, WallProps } from "./WallInput";
import { joinWall, readDay, writeDay } from "./wall";

/** A day that is typed or chosen, and a time, with whose clock is meant beside them. */
export default function WallFields({ label, description, value, set, error, required, clock, standard }: WallProps) {
  const { t } = useTranslation();
  const id = useId();
  const [date, setDate] = useState<string | null>(value.slice(0, 10) || null);
  const [time, setTime] = useState(value.slice(11, 16));
  useEffect(() => {
    setDate(value.slice(0, 10) || null);
    setTime(value.slice(11, 16));
  }, [value]);
  const put = (d: string | null, at: string) => {
    setDate(d);
    setTime(at);
    if (joinWall(d, at) !== value) set(joinWall(d, at));
  };
  const described = [description && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return (
    <Stack gap={4}>
      <Group gap="sm" align="end">
        <Day
          label={label}
          required={required}
          value={date ?? ""}
          set={(d) => put(d || null, time || standard)}
          error={Boolean(error)}
          described={described}
        />
        <Clock
          label={t("dates.time")}
          name={label}
          value={time}
          set={(at) => (date ? put(date, at) : setTime(at))}
          error={Boolean(error)}
        />
        <Text size="sm" c="dimmed" pb={8}>
          {clock}
        </Text>
      </Group>
      {description && <Input.Description id={`${id}-hint`}>{description}</Input.Description>}
      {error && <Input.Error id={`${id}-error`}>{error}</Input.Error>}
    </Stack>
  );
}

/** A day that is typed or chosen. */
export function Day({ label, unlabelled, value, set, error, required, readOnly, described }: DayProps) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  return (
    <DatesProvider settings={{ locale: language, firstDayOfWeek: 1 }}>
      <DateInput
        label={unlabelled ? undefined : label}
        aria-label={unlabelled ? label : undefined}
        required={required}
        readOnly={readOnly}
        value={value || null}
        onChange={(d) => set(d ?? "")}
        valueFormat={(d) => writeDay(d, language)}
        dateParser={(text) => readDay(text, language)}
        placeholder={t("dates.placeholder")}
        clearable={!required}
        clearButtonProps={{ "aria-label": t("dates.clear") }}
        error={error}
        aria-describedby={described}
        ariaLabels={{
          monthLevelControl: t("dates.monthLevel"),
          yearLevelControl: t("dates.yearLevel"),
          nextMonth: t("dates.nextMonth"),
          previousMonth: t("dates.previousMonth"),
          nextYear: t("dates.nextYear"),
          previousYear: t("dates.previousYear"),
          nextDecade: t("dates.nextDecade"),
          previousDecade: t("dates.previousDecade"),
        }}
        style={{ flex: "1 1 180px" }}
        maw={240}
      />
    </DatesProvider>
  );
}

/** A time of day. */
export function Clock({ label, name = label, value, set, error }: ClockProps) {
  const { t } = useTranslation();
  // A time that was left half typed is put back.
  const [round, setRound] = useState(0);
  const [half, setHalf] = useState(false);
  // A click chooses the whole number, so that it is typed anew. What was typed between pressing and letting go stays.
  const typed = useRef(false);
  const part = {
    onPointerDown: () => {
      typed.current = false;
    },
    onInput: () => {
      typed.current = true;
    },
    onClick: (e: MouseEvent<HTMLInputElement>) => {
      e.stopPropagation();
      if (!typed.current) e.currentTarget.select();
    },
  };
  return (
    <TimePicker
      key={round}
      label={label}
      value={value}
      onChange={(at) => {
        setHalf(at === "");
        if (at) set(at.slice(0, 5));
      }}
      onBlur={() => {
        if (half) setRound(round + 1);
        setHalf(false);
      }}
      hoursInputProps={part}
      minutesInputProps={part}
      hoursInputLabel={t("dates.hours", { name })}
      minutesInputLabel={t("dates.minutes", { name })}
      error={error}
      w={100}
    />
  );
}
