import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { needsValue } from "../../canvas/logic/literal";
import { type Row, whole } from "../../canvas/logic/rows";
import { operatorsOf, readFilter, writeFilter } from "./filter";

interface Props {
  value: string;
  set: (filter: string) => void;
  error?: string;
}

/** A condition on contacts: as a list of simple ones, or as text. */
export function FilterInput({ value, set, error }: Props) {
  const { t } = useTranslation();
  const [asText, setAsText] = useState(() => readFilter(value) === null);
  const simple = readFilter(value) !== null;
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={500} id="filter-label">
          {t("launch.filter.title")}
        </Text>
        <SegmentedControl
          size="xs"
          aria-labelledby="filter-label"
          value={asText || !simple ? "text" : "list"}
          onChange={(v) => setAsText(v === "text")}
          data={[
            { value: "list", label: t("launch.filter.list"), disabled: !simple },
            { value: "text", label: t("launch.filter.text") },
          ]}
        />
      </Group>
      {asText || !simple ? (
        <Textarea
          aria-label={t("launch.filter.title")}
          description={t("launch.filter.hint")}
          value={value}
          onChange={(e) => set(e.currentTarget.value)}
          maxLength={4000}
          autosize
          minRows={2}
          maxRows={8}
          spellCheck={false}
          error={error}
          styles={{ input: { fontFamily: "monospace" } }}
        />
      ) : (
        <>
          <Conditions value={value} set={set} />
          {error && (
            <Text size="xs" c="red">
              {error}
            </Text>
          )}
        </>
      )}
    </Stack>
  );
}

function useFields() {
  const { t } = useTranslation();
  const { may } = useSession();
  const own = useQuery({
    queryKey: ["attributes"],
    queryFn: () => take(api.GET("/api/v1/attributes")),
    enabled: may("contacts:read"),
    staleTime: 60_000,
  });
  return [
    ...["tags", "name", "email", "zone"].map((value) => ({
      value,
      label: t(`launch.filter.field.${value}`),
      kind: "text",
      choices: [] as string[],
    })),
    ...(own.data?.items ?? []).map((a) => ({
      value: `attributes.${a.key}`,
      label: a.title || a.key,
      kind: a.type as string,
      choices: a.type === "boolean" ? ["true", "false"] : a.choices,
    })),
  ];
}

/** Conditions that all have to hold. One that is being typed is kept here until it says something. */
function Conditions({ value, set }: { value: string; set: (filter: string) => void }) {
  const { t } = useTranslation();
  const fields = useFields();
  const kindOf = (field: string) => fields.find((f) => f.value === field)?.kind ?? "text";
  const [list, setList] = useState<Row[]>(() => readFilter(value) ?? []);
  const put = (next: Row[]) => {
    setList(next);
    set(writeFilter(next.filter(whole), kindOf));
  };
  const change = (i: number, part: Partial<Row>) => put(list.map((c, n) => (n === i ? { ...c, ...part } : c)));
  return (
    <Stack gap="xs">
      {list.map((c, i) => {
        const operators = operatorsOf(c.field, kindOf(c.field));
        const known = fields.some((f) => f.value === c.field);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no other name
          <Group key={i} gap="xs" wrap="wrap" align="center">
            <Select
              aria-label={t("launch.filter.fieldOf", { number: i + 1 })}
              data={known ? fields : [...fields, { value: c.field, label: c.field }]}
              value={c.field}
              allowDeselect={false}
              onChange={(f) => f && change(i, { field: f, operator: operatorsOf(f, kindOf(f))[0] })}
              style={{ flex: "2 1 130px" }}
            />
            <Select
              aria-label={t("launch.filter.operatorOf", { number: i + 1 })}
              data={operators.map((o) => ({ value: o, label: t(`launch.filter.operator.${o}`) }))}
              value={c.operator}
              allowDeselect={false}
              onChange={(o) => o && change(i, { operator: o as Row["operator"] })}
              style={{ flex: "2 1 120px" }}
            />
            {needsValue(c.operator) && (
              <Autocomplete
                aria-label={t("launch.filter.valueOf", { number: i + 1 })}
                data={fields.find((f) => f.value === c.field)?.choices ?? []}
                value={c.value}
                onChange={(v) => change(i, { value: v })}
                style={{ flex: "3 1 140px" }}
              />
            )}
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t("launch.filter.remove", { number: i + 1 })}
              onClick={() => put(list.filter((_, n) => n !== i))}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        );
      })}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        style={{ alignSelf: "flex-start" }}
        onClick={() => setList([...list, { field: "tags", operator: "has", value: "" }])}
      >
        {t("launch.filter.add")}
      </Button>
    </Stack>
  );
}
