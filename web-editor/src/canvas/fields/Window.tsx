import { Fieldset, Group, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useWordsOf } from "../names";
import { asObject, type FieldProps, useForm } from "./model";
import { Days, zones } from "./Simple";

const standard = { zone: "recipient", days: [1, 2, 3, 4, 5, 6, 7], from: "10:00", to: "21:00" };

/** A sending window: in whose time, on which days, between which hours. */
export function Window({ field, at, value, set }: FieldProps) {
  const { t } = useTranslation();
  const say = useWordsOf();
  const { readOnly, wrong } = useForm();
  const on = value !== undefined;
  const v = asObject(value);
  const put = (change: object) => set({ ...v, ...change });
  const found = [at, `${at}/from`, `${at}/to`, `${at}/zone`, `${at}/days`].map((p) => wrong.get(p)).find(Boolean);
  const clock = (name: "from" | "to") => (
    <TextInput
      label={t(`canvas.window.${name}`)}
      value={String(v[name] ?? "")}
      maxLength={5}
      placeholder="10:00"
      onChange={(e) => put({ [name]: e.currentTarget.value })}
      style={{ flex: 1 }}
    />
  );
  return (
    <Fieldset legend={say(field.label)} p="sm" disabled={readOnly}>
      <Stack gap="sm">
        <Switch
          label={t("canvas.window.own")}
          checked={on}
          onChange={(e) => set(e.currentTarget.checked ? standard : undefined)}
        />
        {on && (
          <>
            <Group gap="xs" wrap="nowrap">
              {clock("from")}
              {clock("to")}
            </Group>
            <Select
              label={t("canvas.window.zone")}
              searchable
              limit={50}
              allowDeselect={false}
              data={[
                { value: "recipient", label: t("canvas.window.recipient") },
                { value: "sender", label: t("canvas.window.sender") },
                ...zones(),
              ]}
              value={String(v.zone ?? "recipient")}
              onChange={(zone) => zone && put({ zone })}
            />
            <Days label={t("canvas.window.days")} value={v.days} set={(days) => put({ days })} readOnly={readOnly} />
          </>
        )}
        {found && (
          <Text c="red" size="xs">
            {found}
          </Text>
        )}
      </Stack>
    </Fieldset>
  );
}
