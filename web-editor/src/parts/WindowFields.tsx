import { Group, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Days, zones } from "../canvas/fields/Simple";

export interface Hours {
  zone?: unknown;
  days?: unknown;
  from?: unknown;
  to?: unknown;
}

/** What a window is when it is switched on. */
export const standardWindow = { zone: "recipient", days: [1, 2, 3, 4, 5, 6, 7], from: "10:00", to: "21:00" };

interface Props {
  value: Hours;
  put: (change: { zone?: string; days?: number[]; from?: string; to?: string }) => void;
  readOnly?: boolean;
  errors?: { from?: string; to?: string; zone?: string; days?: string };
}

/** The fields of a sending window: between which hours, in whose time, on which days. */
export function WindowFields({ value, put, readOnly = false, errors = {} }: Props) {
  const { t } = useTranslation();
  const clock = (name: "from" | "to") => (
    <TextInput
      label={t(`canvas.window.${name}`)}
      value={String(value[name] ?? "")}
      maxLength={5}
      placeholder={standardWindow[name]}
      onChange={(e) => put({ [name]: e.currentTarget.value })}
      error={errors[name]}
      style={{ flex: "1 1 80px" }}
      maw={160}
    />
  );
  return (
    <>
      <Group gap="sm" align="start">
        {clock("from")}
        {clock("to")}
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
          value={String(value.zone ?? "recipient")}
          onChange={(zone) => zone && put({ zone })}
          error={errors.zone}
          style={{ flex: "2 1 180px" }}
        />
      </Group>
      <Days
        label={t("canvas.window.days")}
        value={value.days}
        set={(days) => put({ days: days as number[] })}
        error={errors.days}
        readOnly={readOnly}
      />
    </>
  );
}
