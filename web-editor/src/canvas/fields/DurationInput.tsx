import { Group, Input, NumberInput, Select } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { parts, type Unit } from "../logic/duration";
import { lasting } from "../logic/summary";
import type { Field } from "../types";

const units: Unit[] = ["s", "m", "h", "d", "w"];

interface Props {
  label: string;
  field: Field;
  value: string;
  set: (v: string | undefined) => void;
  required?: boolean;
  readOnly?: boolean;
  error?: string;
}

/** A duration as a number and a unit. One of several units, "1d2h", shows as so many of the smaller one. */
export function DurationInput({ label, field, value, set, required, readOnly, error }: Props) {
  const { t } = useTranslation();
  const known = parts(value);
  const [unit, setUnit] = useState<Unit>(known?.unit ?? parts(field.default ?? "")?.unit ?? "h");
  const written = known?.unit;
  useEffect(() => {
    if (written) setUnit(written);
  }, [written]);
  const put = (amount: number | string, u: Unit) =>
    set(amount === "" ? undefined : `${Math.max(0, Math.round(Number(amount)))}${u}`);
  return (
    <Input.Wrapper
      label={label}
      labelElement="div"
      required={required}
      error={error}
      description={field.default ? t("canvas.field.default", { value: lasting(field.default, t) }) : undefined}
    >
      <Group gap="xs" wrap="nowrap" mt={4}>
        <NumberInput
          aria-label={label}
          value={known?.amount ?? ""}
          min={0}
          max={999_999}
          allowDecimal={false}
          readOnly={readOnly}
          onChange={(v) => put(v, unit)}
          style={{ flex: 1 }}
        />
        <Select
          aria-label={t("canvas.field.unit")}
          data={units.map((u) => ({ value: u, label: t(`canvas.unit.${u}`) }))}
          value={unit}
          allowDeselect={false}
          readOnly={readOnly}
          onChange={(v) => {
            if (!v) return;
            setUnit(v as Unit);
            if (known) put(known.amount, v as Unit);
          }}
          w={130}
        />
      </Group>
    </Input.Wrapper>
  );
}
