import { ActionIcon, Autocomplete, Button, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useVariables, type Variable } from "../fields/variables";
import { operatorsOf, type Row, type Rows, readRows, writeRows } from "../logic/condition";
import { needsValue } from "../logic/literal";
import { whole } from "../logic/rows";
import { Code } from "./Code";
import type { CodeProps } from "./CodeArea";

interface Props extends Omit<CodeProps, "variables"> {
  required?: boolean;
  /** What else than the contact may be spoken of here. */
  more?: readonly Variable[];
}

/** A condition on a contact: in rows, as long as it is of their forms, or as an expression. */
export function Condition({ more, ...p }: Props) {
  const { t } = useTranslation();
  const contact = useVariables();
  const variables = useMemo(() => [...(more ?? []), ...contact], [more, contact]);
  const simple = readRows(p.value) !== null;
  const [asText, setAsText] = useState(!simple);
  const text = asText || !simple;
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={500}>
          {p.label}
          {p.required && (
            <Text span c="red" aria-hidden>
              {" *"}
            </Text>
          )}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t("condition.form")}
          value={text ? "text" : "rows"}
          onChange={(v) => setAsText(v === "text")}
          data={[
            { value: "rows", label: t("condition.rows"), disabled: !simple },
            { value: "text", label: t("condition.text") },
          ]}
        />
      </Group>
      {text ? (
        <Code {...p} unlabelled variables={variables} hint={p.hint ?? t("condition.hint")} />
      ) : (
        <Builder {...p} variables={contact} />
      )}
    </Stack>
  );
}

/** Rows of field, operator and value. One that is being typed is kept here until it says something. */
function Builder({ value, set, error, readOnly, variables }: Props & { variables: readonly Variable[] }) {
  const { t } = useTranslation();
  const fields = [
    ...variables.filter((v) => v.name.startsWith("contact.")),
    { name: "contact.tags", title: t("condition.tags"), kind: "tags", choices: [] },
  ];
  const kindOf = (name: string) => fields.find((f) => f.name === name)?.kind ?? "text";
  const [typed, setTyped] = useState<Rows>(() => readRows(value) ?? { join: "and", rows: [] });
  // What was changed elsewhere, by undo for instance, is newer than what was typed here.
  const mine = writeRows({ ...typed, rows: typed.rows.filter(whole) }, kindOf);
  const shown = mine === value.trim() ? typed : (readRows(value) ?? typed);
  const put = (next: Rows) => {
    setTyped(next);
    set(writeRows({ ...next, rows: next.rows.filter(whole) }, kindOf));
  };
  const change = (i: number, part: Partial<Row>) =>
    put({ ...shown, rows: shown.rows.map((r, n) => (n === i ? { ...r, ...part } : r)) });
  const add = () =>
    setTyped({
      ...shown,
      rows: [...shown.rows, { field: fields[0]?.name ?? "contact.name", operator: "is", value: "" }],
    });
  return (
    <Stack gap="xs" data-builder>
      {shown.rows.length > 1 && (
        <SegmentedControl
          size="xs"
          aria-label={t("condition.join")}
          disabled={readOnly}
          value={shown.join}
          onChange={(v) => put({ ...shown, join: v as Rows["join"] })}
          data={[
            { value: "and", label: t("condition.and") },
            { value: "or", label: t("condition.or") },
          ]}
        />
      )}
      {shown.rows.map((r, i) => (
        <One
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
          key={i}
          row={r}
          number={i + 1}
          fields={fields}
          kind={kindOf(r.field)}
          readOnly={readOnly}
          change={(part) => change(i, part)}
          remove={() => put({ ...shown, rows: shown.rows.filter((_, n) => n !== i) })}
        />
      ))}
      {error && (
        <Text c="red" size="xs" style={{ whiteSpace: "pre-line" }}>
          {error}
        </Text>
      )}
      {!readOnly && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          style={{ alignSelf: "flex-start" }}
          onClick={add}
        >
          {t("condition.add")}
        </Button>
      )}
    </Stack>
  );
}

interface OneProps {
  row: Row;
  number: number;
  fields: readonly Variable[];
  kind: string;
  readOnly?: boolean;
  change: (part: Partial<Row>) => void;
  remove: () => void;
}

function One({ row: r, number, fields, kind, readOnly, change, remove }: OneProps) {
  const { t } = useTranslation();
  const known = fields.map((f) => ({ value: f.name, label: f.title }));
  const data = known.some((f) => f.value === r.field)
    ? known
    : [...known, { value: r.field, label: r.field.replace(/^contact\.(attributes\.)?/, "") }];
  const operators = operatorsOf(kind);
  const offered = operators.includes(r.operator) ? operators : [...operators, r.operator];
  const pick = (field: string) => {
    const next = operatorsOf(fields.find((f) => f.name === field)?.kind ?? "text");
    change({ field, operator: next.includes(r.operator) ? r.operator : next[0] });
  };
  return (
    <Group gap={4} wrap="nowrap" align="start">
      <Stack gap={4} style={{ flex: 1, minWidth: 0 }}>
        <Group gap={4} wrap="nowrap">
          <Select
            size="xs"
            aria-label={t("condition.field", { number })}
            data={data}
            value={r.field}
            searchable
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(f) => f && pick(f)}
            style={{ flex: 1 }}
          />
          <Select
            size="xs"
            aria-label={t("condition.operator", { number })}
            data={offered.map((o) => ({ value: o, label: t(`condition.is.${o}`) }))}
            value={r.operator}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(o) => o && change({ operator: o as Row["operator"] })}
            style={{ flex: 1 }}
          />
        </Group>
        {needsValue(r.operator) && (
          <Autocomplete
            size="xs"
            aria-label={t("condition.value", { number })}
            placeholder={t("condition.valueHint")}
            data={[...(fields.find((f) => f.name === r.field)?.choices ?? [])]}
            value={r.value}
            readOnly={readOnly}
            onChange={(v) => change({ value: v })}
          />
        )}
      </Stack>
      {!readOnly && (
        <ActionIcon variant="subtle" color="red" aria-label={t("condition.remove", { number })} onClick={remove}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      )}
    </Group>
  );
}
