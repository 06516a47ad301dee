import { Stack, Switch, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { standardWindow, WindowFields } from "../../parts/WindowFields";
import { type Terms, wrongAt } from "./terms";

type Window = NonNullable<Terms["window"]>;

interface Props {
  value: Window | undefined;
  set: (w: Window | undefined) => void;
  errors: Record<string, string>;
}

/** The hours in which messages may be launched. */
export function WindowInput({ value: w, set, errors }: Props) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Switch
        label={t("launch.window.on")}
        description={t("launch.window.hint")}
        checked={w !== undefined}
        onChange={(e) => set(e.currentTarget.checked ? standardWindow : undefined)}
      />
      {w && (
        <WindowFields
          value={w}
          put={(change) => set({ ...w, ...change })}
          errors={{
            from: errors["window.from"],
            to: errors["window.to"],
            zone: errors["window.zone"],
            days: errors["window.days"],
          }}
        />
      )}
      {errors.window && (
        <Text size="xs" c="red">
          {wrongAt(errors, "window")}
        </Text>
      )}
    </Stack>
  );
}
