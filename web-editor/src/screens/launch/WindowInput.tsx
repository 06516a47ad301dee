import { Group, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Days, zones } from "../../canvas/fields/Simple";
import { type Terms, wrongAt } from "./terms";

type Window = NonNullable<Terms["window"]>;
const standard: Window = { zone: "recipient", days: [1, 2, 3, 4, 5, 6, 7], from: "10:00", to: "21:00" };

interface Props {
  value: Window | undefined;
  set: (w: Window | undefined) => void;
  errors: Record<string, string>;
}

/** The hours in which messages may be launched. */
export function WindowInput({ value: w, set, errors }: Props) {
  const { t } = useTranslation();
  const clock = (name: "from" | "to") => (
    <TextInput
      label={t(`canvas.window.${name}`)}
      value={w?.[name] ?? ""}
      maxLength={5}
      placeholder={standard[name]}
      onChange={(e) => w && set({ ...w, [name]: e.currentTarget.value })}
      error={errors[`window.${name}`]}
      w={110}
    />
  );
  return (
    <Stack gap="sm">
      <Switch
        label={t("launch.window.on")}
        description={t("launch.window.hint")}
        checked={w !== undefined}
        onChange={(e) => set(e.currentTarget.checked ? standard : undefined)}
      />
      {w && (
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
              value={w.zone}
              onChange={(zone) => zone && set({ ...w, zone })}
              error={errors["window.zone"]}
              style={{ flex: "1 1 160px" }}
            />
          </Group>
          <Days
            label={t("canvas.window.days")}
            value={w.days}
            set={(days) => set({ ...w, days: days as number[] })}
            error={errors["window.days"]}
            readOnly={false}
          />
        </>
      )}
      {errors.window && (
        <Text size="xs" c="red">
          {wrongAt(errors, "window")}
        </Text>
      )}
    </Stack>
  );
}
