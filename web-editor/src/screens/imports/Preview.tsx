import { Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { addressed } from "../contacts/model";
import { useAttributes } from "../contacts/queries";
import { Section } from "../launch/parts";
import classes from "./imports.module.css";
import { type Column, columnError, fieldsOf, freshAttribute, type Import, putColumn, slotOf } from "./model";
import type { Draft } from "./useDraft";

const shown = 10;
const types = ["text", "number", "date", "boolean", "choice"] as const;

/** The first rows, with what each column holds above it and what comes of each row beside it. */
export function Preview({ import: i, draft }: { import: Import; draft: Draft }) {
  const { t } = useTranslation();
  const rows = i.preview.rows.slice(0, shown);
  const width = Math.max(i.preview.header.length, draft.settings.columns.length, ...rows.map((r) => r.cells.length));
  const places = Array.from({ length: width }, (_, n) => n);
  return (
    <Section title={t("imports.columns.title")}>
      <Text size="sm" c="dimmed">
        {t("imports.columns.text")}
      </Text>
      {draft.errors.columns && (
        <Text size="sm" c="red">
          {draft.errors.columns}
        </Text>
      )}
      <Table.ScrollContainer minWidth={0}>
        <Table className={classes.preview} withColumnBorders aria-label={t("imports.columns.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th className={classes.line}>{t("imports.columns.line")}</Table.Th>
              <Table.Th className={classes.head}>{t("imports.columns.outcome")}</Table.Th>
              {places.map((n) => (
                <Table.Th key={n} className={classes.head}>
                  <Head import={i} draft={draft} index={n} width={width} />
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((r) => (
              <Table.Tr key={r.line} className={r.refused ? classes.refused : undefined}>
                <Table.Td>{r.line}</Table.Td>
                <Table.Td>
                  {r.refused ? (
                    <Text size="sm" fw={550}>
                      {t("imports.columns.refused", { reason: r.refused.message })}
                    </Text>
                  ) : (
                    t("imports.columns.taken")
                  )}
                  {r.warnings.map((w) => (
                    <Text size="xs" c="dimmed" key={`${w.code} ${w.column}`}>
                      {w.message}
                    </Text>
                  ))}
                </Table.Td>
                {places.map((n) => (
                  <Table.Td key={n}>{r.cells[n]}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {rows.length === 0 && <Text size="sm">{t("imports.columns.noRows")}</Text>}
    </Section>
  );
}

interface HeadProps {
  import: Import;
  draft: Draft;
  index: number;
  width: number;
}

function useSlots(kind: Import["kind"], column: Column | undefined) {
  const { t } = useTranslation();
  const attributes = useAttributes().data?.items ?? [];
  const known = new Set(attributes.map((a) => a.key));
  const plain = ["skip", ...fieldsOf[kind]].map((value) => ({
    value,
    label: t(kind === "stop_list" && value === "phone" ? "imports.field.address" : `imports.field.${value}`),
  }));
  if (kind !== "contacts") return { data: plain, fresh: false };
  const own = attributes.map((a) => ({ value: `attribute:${a.key}`, label: a.title || a.key }));
  const fresh = column?.field === "attribute" && !known.has(column.key ?? "");
  const naming = fresh ? [{ value: slotOf(column), label: t("imports.field.newNamed", { key: column.key }) }] : [];
  return {
    fresh,
    data: [
      { group: t("imports.field.usual"), items: plain },
      {
        group: t("imports.field.addresses"),
        items: addressed.map((k) => ({ value: `address:${k}`, label: t(`contacts.channel.${k}`) })),
      },
      {
        group: t("contacts.place.attributes"),
        items: [...own, ...naming, { value: freshAttribute, label: t("imports.field.new") }],
      },
    ],
  };
}

function Head({ import: i, draft, index, width }: HeadProps) {
  const { t } = useTranslation();
  const { settings, put, errors } = draft;
  const column = settings.columns[index];
  const slots = useSlots(i.kind, column);
  const name = i.preview.header[index] || t("imports.columns.number", { n: index + 1 });
  const change = (next: Column) => {
    const all = putColumn(settings.columns, width, index, "skip", i.preview.header);
    all[index] = next;
    put({ columns: all });
  };
  return (
    <Stack gap={4}>
      <Text size="sm" fw={650} style={{ overflowWrap: "anywhere" }}>
        {name}
      </Text>
      <Select
        aria-label={t("imports.columns.holds", { name })}
        data={slots.data}
        value={slotOf(column)}
        allowDeselect={false}
        onChange={(v) => v && put({ columns: putColumn(settings.columns, width, index, v, i.preview.header) })}
        error={columnError(errors, index)}
        size="xs"
        comboboxProps={{ width: 240, position: "bottom-start" }}
        searchable
      />
      {slots.fresh && column && (
        <>
          <TextInput
            aria-label={t("imports.columns.keyOf", { name })}
            value={column.key ?? ""}
            maxLength={64}
            size="xs"
            onChange={(e) => change({ ...column, key: e.currentTarget.value })}
          />
          <Select
            aria-label={t("imports.columns.typeOf", { name })}
            data={types.map((value) => ({ value, label: t(`contacts.type.${value}`) }))}
            value={column.kind ?? "text"}
            allowDeselect={false}
            size="xs"
            onChange={(v) => v && change({ ...column, kind: v as Column["kind"] })}
          />
        </>
      )}
    </Stack>
  );
}
