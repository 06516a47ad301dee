import { ActionIcon, Code, CopyButton, Group, NumberInput, Radio, Stack, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { DurationInput } from "../../canvas/fields/DurationInput";
import { thousands } from "../../parts/numbers";
import { Section } from "./parts";
import type { Terms } from "./terms";
import type { TermsState } from "./useTerms";

type Entry = NonNullable<Terms["entry"]>;
const agains: Entry["again"][] = ["never", "after_end", "after_pause", "always"];
const duration = { name: "", kind: "duration" as const, label: { ru: "", en: "" } };

/** How recipients enter an open campaign. */
export function OpenPart({ form, id }: { form: TermsState; id: string }) {
  const { t, i18n } = useTranslation();
  const { terms, errors, set } = form;
  const entry = terms.entry ?? { again: "never" };
  const again = (v: string) => {
    const { pause: _, ...rest } = entry;
    set({ entry: { ...rest, again: v as Entry["again"], ...(v === "after_pause" ? { pause: "1d" } : {}) } });
  };
  return (
    <Section title={t("launch.open.title")}>
      <Text size="sm">{t("launch.open.text")}</Text>
      <Radio.Group label={t("launch.open.again")} value={entry.again} onChange={again} error={errors.entry}>
        <Stack gap="xs" mt={4}>
          {agains.map((a) => (
            <Radio key={a} value={a} label={t(`launch.open.${a}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {entry.again === "after_pause" && (
        <DurationInput
          label={t("launch.open.pause")}
          field={duration}
          value={entry.pause ?? ""}
          set={(pause) => set({ entry: { ...entry, pause } })}
          error={errors["entry.pause"]}
          required
        />
      )}
      <NumberInput
        label={t("launch.open.limit")}
        description={t("launch.open.limitHint")}
        value={entry.limit || ""}
        min={1}
        max={1_000_000_000}
        allowDecimal={false}
        thousandSeparator={thousands(i18n.language)}
        onChange={(v) => {
          const { limit: _, ...rest } = entry;
          set({ entry: typeof v === "number" && v > 0 ? { ...rest, limit: v } : rest });
        }}
        error={errors["entry.limit"]}
        maw={320}
      />
      <Snippet id={id} />
    </Section>
  );
}

/** How a program enters a recipient. */
export function Snippet({ id }: { id: string }) {
  const { t } = useTranslation();
  const call = [
    `curl -X POST ${location.origin}/api/v1/campaigns/${id}/entries \\`,
    '  -H "Authorization: Bearer $KASKAD_TOKEN" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"recipients": [{"phone": "+79001234567", "name": "${t("launch.open.sample")}",`,
    `       "data": {"order": "A-17"}, "key": "A-17"}]}'`,
  ].join("\n");
  return (
    <div>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={500}>
          {t("launch.open.snippet")}
        </Text>
        <CopyButton value={call}>
          {({ copied, copy }) => (
            <Tooltip label={t(copied ? "parts.copied" : "parts.copy")}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t(copied ? "parts.copied" : "parts.copy")}
                onClick={copy}
              >
                {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
      <Code block tabIndex={0} aria-label={t("launch.open.snippet")} style={{ overflowX: "auto" }}>
        {call}
      </Code>
      <Text size="xs" c="dimmed" mt={4}>
        {t("launch.open.snippetHint")}
      </Text>
    </div>
  );
}
