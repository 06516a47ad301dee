import { Group, Slider, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { balance } from "../logic/weights";
import { asList, asObject, type FieldProps, useForm } from "./model";

/** The variants of an A/B test: shares by slider, which always make a hundred, and below the exact list. */
export function Weights({ value, set, list }: FieldProps & { list: ReactNode }) {
  const { t } = useTranslation();
  const { readOnly } = useForm();
  const items = asList(value).map(asObject);
  const weights = items.map((v) => (typeof v.weight === "number" && v.weight > 0 ? v.weight : 0));
  const total = weights.reduce((a, b) => a + b, 0) || 1;
  const put = (i: number, share: number) => {
    const next = balance(weights, i, share);
    set(items.map((v, n) => ({ ...v, weight: next[n] })));
  };
  return (
    <Stack gap="sm">
      {items.length > 1 &&
        items.map((v, i) => {
          const share = Math.round(((weights[i] ?? 0) / total) * 100);
          const name = t("canvas.weights.share", { name: String(v.name || v.id || i + 1) });
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a variant's id may be typed just now
            <div key={i}>
              <Group justify="space-between">
                <Text size="sm">{name}</Text>
                <Text size="sm" fw={600}>
                  {share}%
                </Text>
              </Group>
              <Slider
                value={share}
                min={1}
                max={100 - (items.length - 1)}
                onChange={(s) => put(i, s)}
                thumbLabel={name}
                label={null}
                disabled={readOnly}
              />
            </div>
          );
        })}
      {list}
    </Stack>
  );
}
