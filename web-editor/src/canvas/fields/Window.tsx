import { Fieldset, Stack, Switch, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { standardWindow, WindowFields } from "../../parts/WindowFields";
import { useWordsOf } from "../names";
import { asObject, type FieldProps, useForm } from "./model";

/** A sending window: in whose time, on which days, between which hours. */
export function Window({ field, at, value, set }: FieldProps) {
  const { t } = useTranslation();
  const say = useWordsOf();
  const { readOnly, wrong } = useForm();
  const on = value !== undefined;
  const v = asObject(value);
  const put = (change: object) => set({ ...v, ...change });
  const found = [at, `${at}/from`, `${at}/to`, `${at}/zone`, `${at}/days`].map((p) => wrong.get(p)).find(Boolean);
  return (
    <Fieldset legend={say(field.label)} p="sm" disabled={readOnly}>
      <Stack gap="sm">
        <Switch
          label={t("canvas.window.own")}
          checked={on}
          onChange={(e) => set(e.currentTarget.checked ? standardWindow : undefined)}
        />
        {on && <WindowFields value={v} put={put} readOnly={readOnly} />}
        {found && (
          <Text c="red" size="xs">
            {found}
          </Text>
        )}
      </Stack>
    </Fieldset>
  );
}
