import { Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useWordsOf } from "../names";
import type { Field } from "../types";
import { shown, useForm, type Values, withValue } from "./model";
import { One } from "./One";

interface Props {
  fields: readonly Field[];
  values: Values;
  set: (v: Values) => void;
  at?: string;
}

/** The form of a block, or of an object within it, as its description says. */
export function Fields({ fields, values, set, at = "" }: Props) {
  const groups = new Set<string>();
  return (
    <Stack gap="sm">
      {fields
        .filter((f) => shown(f, fields, values))
        .map((f) => {
          if (!f.one_of)
            return (
              <One
                key={f.name}
                field={f}
                at={`${at}/${f.name}`}
                value={values[f.name]}
                set={(v) => set(withValue(values, f.name, v))}
              />
            );
          if (groups.has(f.one_of)) return null;
          groups.add(f.one_of);
          return (
            <OneOf
              key={f.one_of}
              fields={fields.filter((o) => o.one_of === f.one_of)}
              values={values}
              set={set}
              at={at}
            />
          );
        })}
    </Stack>
  );
}

/** Fields of which exactly one is filled in: a choice of which, then that one. */
function OneOf({ fields, values, set, at = "" }: Props) {
  const { t } = useTranslation();
  const say = useWordsOf();
  const { readOnly } = useForm();
  const on = fields.find((f) => values[f.name] !== undefined) ?? fields[0];
  const choose = (name: string) => {
    const rest = { ...values };
    for (const f of fields) delete rest[f.name];
    set({ ...rest, [name]: "" });
  };
  if (!on) return null;
  return (
    <Stack gap="xs">
      <Radio.Group label={t("canvas.field.oneOf")} value={on.name} onChange={choose} readOnly={readOnly}>
        <Stack gap={6} mt={4}>
          {fields.map((f) => (
            <Radio key={f.name} value={f.name} label={say(f.label)} disabled={readOnly} />
          ))}
        </Stack>
      </Radio.Group>
      <One
        field={on}
        at={`${at}/${on.name}`}
        value={values[on.name]}
        set={(v) => set({ ...values, [on.name]: v ?? "" })}
      />
    </Stack>
  );
}
