import { NumberInput, Radio, Select, Stack, Switch, TagsInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DurationInput } from "../../canvas/fields/DurationInput";
import { zones } from "../../canvas/fields/Simple";
import { thousands } from "../../parts/numbers";
import { InstantInput, Section } from "./parts";
import type { TermsState } from "./useTerms";
import { WindowInput } from "./WindowInput";

const duration = { name: "", kind: "duration" as const, label: { ru: "", en: "" }, default: "12h" };

/** In which hours, until when and how fast. */
export function PacePart({ form }: { form: TermsState }) {
  const { t, i18n } = useTranslation();
  const { terms, errors, set } = form;
  const zone = terms.zone || "UTC";
  const repeated = terms.start?.when === "cron";
  const bounded = Boolean(repeated ? terms.end_after : terms.end);
  return (
    <Section title={t("launch.pace.title")}>
      <WindowInput value={terms.window} set={(window) => set({ window })} errors={errors} />
      {repeated ? (
        <DurationInput
          label={t("launch.pace.endAfter")}
          field={{ ...duration, default: undefined }}
          value={terms.end_after ?? ""}
          set={(v) => set({ end_after: v, ...(v ? {} : { smooth: undefined }) })}
          error={errors.end_after}
        />
      ) : (
        <InstantInput
          label={t("launch.pace.end")}
          description={t("launch.pace.endHint")}
          value={terms.end}
          zone={zone}
          set={(end) => set({ end, ...(end ? {} : { smooth: undefined }) })}
          error={errors.end}
          last
        />
      )}
      {terms.kind !== "open" && (
        <Switch
          label={t("launch.pace.smooth")}
          description={t(bounded ? "launch.pace.smoothHint" : "launch.pace.smoothNeeds")}
          checked={Boolean(terms.smooth)}
          disabled={!bounded && !terms.smooth}
          onChange={(e) => set({ smooth: e.currentTarget.checked || undefined })}
          error={errors.smooth}
        />
      )}
      <NumberInput
        label={t("launch.pace.rate")}
        description={t("launch.pace.rateHint")}
        value={terms.rate ?? ""}
        min={1}
        max={1_000_000}
        allowDecimal={false}
        thousandSeparator={thousands(i18n.language)}
        onChange={(v) => set({ rate: typeof v === "number" ? v : undefined })}
        error={errors.rate}
        maw={320}
      />
    </Section>
  );
}

/** What else there is: zones, tags, and the mark of advertising. */
export function RestPart({ form }: { form: TermsState }) {
  const { t } = useTranslation();
  const { terms, errors, set } = form;
  return (
    <Section title={t("launch.rest.title")}>
      <TagsInput
        label={t("launch.rest.tags")}
        description={t("canvas.field.tags")}
        value={terms.tags ?? []}
        onChange={(tags) => set({ tags })}
        acceptValueOnBlur
        maxTags={50}
        error={errors.tags}
      />
      <Switch
        label={t("launch.rest.advertising")}
        description={t("launch.rest.advertisingHint")}
        checked={Boolean(terms.advertising)}
        onChange={(e) => set({ advertising: e.currentTarget.checked || undefined })}
      />
      <Select
        label={t("launch.rest.zone")}
        description={t("launch.rest.zoneHint")}
        data={zones()}
        value={terms.zone ?? null}
        searchable
        limit={50}
        allowDeselect={false}
        onChange={(zone) => zone && set({ zone })}
        error={errors.zone}
        maw={320}
      />
      <Radio.Group
        label={t("launch.rest.unknown")}
        value={terms.unknown_zones ?? "careful"}
        onChange={(v) => set({ unknown_zones: v as "careful" | "account" })}
      >
        <Stack gap="xs" mt={4}>
          {["careful", "account"].map((v) => (
            <Radio key={v} value={v} label={t(`launch.rest.unknown_${v}`)} />
          ))}
        </Stack>
      </Radio.Group>
    </Section>
  );
}
