import { ActionIcon, Button, Fieldset, Group, Select, Stack, Switch, TagsInput, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useWordsOf } from "../names";
import { Fields } from "./Fields";
import { FileField } from "./File";
import { asList, asObject, type FieldProps, freshItem, useForm, type Values } from "./model";
import { Simple } from "./Simple";
import { Weights } from "./Weights";
import { Window } from "./Window";

/** One setting, whatever holds it: a value, a list, or a map. */
export function One(p: FieldProps) {
  const { type } = useForm();
  if (p.field.in === "list" && type === "split" && p.field.name === "variants")
    return <Weights {...p} list={<Many {...p} />} />;
  if (p.field.in === "list") return <Many {...p} />;
  if (p.field.in === "map") return <ByKey {...p} />;
  return <Value {...p} />;
}

function Value(p: FieldProps) {
  if (p.field.kind === "object") return <ObjectField {...p} />;
  if (p.field.kind === "window") return <Window {...p} />;
  if (p.field.kind === "audio" || p.field.kind === "picture") return <FileField {...p} kind={p.field.kind} />;
  return <Simple {...p} />;
}

/** An object: its fields in a frame; one that is not required is switched on first. */
function ObjectField({ field, at, value, set }: FieldProps) {
  const say = useWordsOf();
  const { readOnly, wrong } = useForm();
  const fields = field.fields ?? [];
  const optional = !field.required;
  const on = value !== undefined || !optional;
  return (
    <Fieldset legend={say(field.label)} p="sm" disabled={readOnly}>
      <Stack gap="sm">
        {optional && (
          <Switch
            checked={on}
            onChange={(e) => set(e.currentTarget.checked ? (freshItem(field, []) as Values) : undefined)}
            label={say(field.label)}
          />
        )}
        {wrong.get(at) && (
          <Text c="red" size="xs">
            {wrong.get(at)}
          </Text>
        )}
        {on && <Fields fields={fields} values={asObject(value)} set={set} at={at} />}
      </Stack>
    </Fieldset>
  );
}

/** A list: of short texts as tags, of anything else as rows. */
function Many(p: FieldProps) {
  const { field, at, value, set } = p;
  const { t } = useTranslation();
  const say = useWordsOf();
  const { readOnly, wrong } = useForm();
  const items = asList(value);
  if (field.kind === "text" && !field.multiline) {
    return (
      <TagsInput
        label={say(field.label)}
        value={items.map(String)}
        onChange={(v) => set(v)}
        required={field.required}
        readOnly={readOnly}
        error={wrong.get(at)}
        acceptValueOnBlur
        description={t("canvas.field.tags")}
      />
    );
  }
  const put = (i: number, v: unknown) => set(items.map((x, n) => (n === i ? (v ?? "") : x)));
  const bare = { ...field, in: undefined };
  return (
    <Fieldset legend={say(field.label)} p="sm">
      <Stack gap="sm">
        {wrong.get(at) && (
          <Text c="red" size="xs">
            {wrong.get(at)}
          </Text>
        )}
        {items.map((item, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no other name, and their order is what counts
          <Group key={i} align="start" wrap="nowrap" gap="xs">
            <div style={{ flex: 1, minWidth: 0 }}>
              {field.kind === "object" ? (
                <Fields fields={field.fields ?? []} values={asObject(item)} set={(v) => put(i, v)} at={`${at}/${i}`} />
              ) : (
                <Simple
                  field={{ ...bare, label: field.label }}
                  at={`${at}/${i}`}
                  value={item}
                  set={(v) => put(i, v)}
                  unlabelled
                />
              )}
            </div>
            {!readOnly && (
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t("canvas.field.removeItem", { number: i + 1 })}
                onClick={() => set(items.filter((_, n) => n !== i))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!readOnly && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => set([...items, freshItem(bare, items)])}
          >
            {t("canvas.field.addItem")}
          </Button>
        )}
      </Stack>
    </Fieldset>
  );
}

/** A map: keys with values; the keys may be given, as those of a telephone are. */
function ByKey({ field, at, value, set }: FieldProps) {
  const { t } = useTranslation();
  const say = useWordsOf();
  const { readOnly, wrong } = useForm();
  const map = asObject(value);
  const keys = Object.keys(map);
  const free = field.choices?.filter((c) => !(c.value in map));
  const bare = { ...field, in: undefined };
  const rename = (from: string, to: string) => {
    if (to in map && to !== from) return;
    set(Object.fromEntries(Object.entries(map).map(([k, v]) => [k === from ? to : k, v])));
  };
  const add = () => {
    let key = free?.[0]?.value ?? "key";
    for (let n = 2; !free && key in map; n++) key = `key${n}`;
    set({ ...map, [key]: freshItem(bare, []) });
  };
  const drop = (key: string) => {
    const { [key]: _, ...rest } = map;
    set(Object.keys(rest).length ? rest : undefined);
  };
  return (
    <Fieldset legend={say(field.label)} p="sm">
      <Stack gap="sm">
        {wrong.get(at) && (
          <Text c="red" size="xs">
            {wrong.get(at)}
          </Text>
        )}
        {keys.map((key, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the key itself is being typed
          <Group key={i} align="start" wrap="nowrap" gap="xs">
            <Stack gap="xs" style={{ flex: 1, minWidth: 0 }}>
              {field.choices ? (
                <Select
                  label={t("canvas.field.key")}
                  value={key}
                  data={field.choices
                    .filter((c) => c.value === key || !(c.value in map))
                    .map((c) => ({ value: c.value, label: say(c.label) }))}
                  onChange={(v) => v && rename(key, v)}
                  allowDeselect={false}
                  readOnly={readOnly}
                />
              ) : (
                <Simple
                  field={{ name: "key", kind: "text", label: { ru: t("canvas.field.key"), en: t("canvas.field.key") } }}
                  at={`${at}/${key}/-`}
                  value={key}
                  set={(v) => rename(key, String(v ?? ""))}
                />
              )}
              {field.kind === "object" ? (
                <Fields
                  fields={field.fields ?? []}
                  values={asObject(map[key])}
                  set={(v) => set({ ...map, [key]: v })}
                  at={`${at}/${key}`}
                />
              ) : (
                <Simple
                  field={bare}
                  at={`${at}/${key}`}
                  value={map[key]}
                  set={(v) => set({ ...map, [key]: v ?? "" })}
                />
              )}
            </Stack>
            {!readOnly && (
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t("canvas.field.removeKey", { key })}
                onClick={() => drop(key)}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!readOnly && (!free || free.length > 0) && (
          <Button variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
            {t("canvas.field.addItem")}
          </Button>
        )}
      </Stack>
    </Fieldset>
  );
}
