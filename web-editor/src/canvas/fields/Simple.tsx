import { Chip, Group, Input, NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DayInput } from "../../parts/WallInput";
import { Code } from "../code/Code";
import { Condition } from "../code/Condition";
import { useWordsOf } from "../names";
import { DurationInput } from "./DurationInput";
import { type FieldProps, useForm } from "./model";
import { Template } from "./Template";
import { useVariables } from "./variables";

const text = (v: unknown) => (v === undefined || v === null ? "" : String(v));

export const zones = (): string[] => Intl.supportedValuesOf("timeZone");

/** A setting that holds one plain value. */
export function Simple({ field, at, value, set, unlabelled }: FieldProps & { unlabelled?: boolean }) {
  const say = useWordsOf();
  const { wrong, readOnly } = useForm();
  const label = say(field.label);
  const shared = {
    label: unlabelled ? undefined : label,
    "aria-label": unlabelled ? label : undefined,
    required: field.required,
    error: wrong.get(at),
    readOnly,
  };
  const typed = {
    ...shared,
    value: text(value),
    onChange: (e: { currentTarget: { value: string } }) => set(e.currentTarget.value),
  };
  const coded = { label, value: text(value), set, error: wrong.get(at), readOnly, required: field.required };
  switch (field.kind) {
    case "template":
      return <Template {...typed} field={field} set={set} />;
    case "expression":
      return <Expression {...coded} />;
    case "condition":
      return <Condition {...coded} />;
    case "number":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          placeholder={field.default}
          min={field.min ? Number(field.min) : undefined}
          max={field.max ? Number(field.max) : undefined}
          onChange={(v) => set(typeof v === "number" ? v : undefined)}
        />
      );
    case "boolean":
      return (
        <Switch
          label={label}
          checked={value === true}
          disabled={readOnly}
          onChange={(e) => set(e.currentTarget.checked || undefined)}
          error={wrong.get(at)}
        />
      );
    case "choice":
      return (
        <Select
          {...shared}
          data={(field.choices ?? []).map((c) => ({ value: c.value, label: say(c.label) }))}
          value={text(value) || field.default || null}
          onChange={(v) => set(v ?? undefined)}
          allowDeselect={!field.required && !field.default}
        />
      );
    case "duration":
      return <DurationInput {...shared} label={label} field={field} value={text(value)} set={set} />;
    case "zone":
      return (
        <Select
          {...shared}
          searchable
          clearable={!field.required}
          data={zones()}
          limit={50}
          value={text(value) || null}
          onChange={(v) => set(v ?? undefined)}
        />
      );
    case "clock":
      return <TextInput {...typed} placeholder="10:00" maxLength={5} />;
    case "date":
      return (
        <DayInput
          {...{ label, unlabelled, readOnly }}
          error={wrong.get(at)}
          required={field.required}
          value={text(value)}
          set={set}
        />
      );
    case "days":
      return <Days label={label} value={value} set={set} error={wrong.get(at)} readOnly={readOnly} />;
    default:
      return field.multiline ? <Textarea {...typed} autosize minRows={2} maxRows={12} /> : <TextInput {...typed} />;
  }
}

function Expression(p: Omit<Parameters<typeof Code>[0], "variables">) {
  return <Code {...p} variables={useVariables()} />;
}

interface DaysProps {
  label: string;
  value: unknown;
  set: (v: unknown) => void;
  error?: string;
  readOnly: boolean;
}

/** Days of the week; 1 is Monday. */
export function Days({ label, value, set, error, readOnly }: DaysProps) {
  const { i18n } = useTranslation();
  const days = Array.isArray(value) ? value.map(String) : [];
  const format = new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" });
  // The first of January 2024 was a Monday.
  const name = (day: number) => format.format(Date.UTC(2024, 0, day));
  return (
    <Input.Wrapper label={label} error={error} labelElement="div">
      <Chip.Group multiple value={days} onChange={(v) => !readOnly && set(v.map(Number).sort())}>
        <Group gap={4} mt={4} role="group" aria-label={label}>
          {[1, 2, 3, 4, 5, 6, 7].map((d) => (
            <Chip key={d} value={String(d)} size="xs" disabled={readOnly}>
              {name(d)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Input.Wrapper>
  );
}
