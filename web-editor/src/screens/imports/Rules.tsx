import { MultiSelect, Radio, Select, SimpleGrid, Stack, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { channels } from "../contacts/model";
import { useGroups } from "../contacts/queries";
import { Section } from "../launch/parts";
import type { Import, ImportChange } from "./model";
import type { Draft } from "./useDraft";

interface Props {
  import: Import;
  draft: Draft;
}

/** How rows are taken: what country, what with doubles, what groups and tags. */
export function Rules({ import: i, draft }: Props) {
  const { t } = useTranslation();
  const { settings: s, put, errors } = draft;
  const contacts = i.kind === "contacts";
  return (
    <Section title={t("imports.rules.title")}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack gap="sm">
          <TextInput
            label={t("imports.rules.country")}
            description={t("imports.rules.countryHint")}
            value={s.country}
            maxLength={2}
            onChange={(e) => put({ country: e.currentTarget.value.toUpperCase() })}
            error={errors.country}
          />
          {contacts && (
            <>
              <Select
                label={t("imports.rules.doubles")}
                data={["first", "last", "merge"].map((value) => ({ value, label: t(`imports.doubles.${value}`) }))}
                value={s.doubles}
                allowDeselect={false}
                onChange={(v) => v && put({ doubles: v as ImportChange["doubles"] })}
                error={errors.doubles}
              />
              <Radio.Group
                label={t("imports.rules.existing")}
                value={s.existing}
                onChange={(v) => put({ existing: v as ImportChange["existing"] })}
                error={errors.existing}
              >
                <Stack gap={6} mt={6}>
                  {["merge", "fill", "keep", "replace"].map((v) => (
                    <Radio key={v} value={v} label={t(`imports.existing.${v}`)} />
                  ))}
                </Stack>
              </Radio.Group>
              <Switch
                label={t("imports.rules.withoutPhone")}
                description={t("imports.rules.withoutPhoneHint")}
                checked={s.without_phone}
                onChange={(e) => put({ without_phone: e.currentTarget.checked })}
              />
            </>
          )}
        </Stack>
        <Stack gap="sm">
          {i.kind === "stop_list" ? <StopRules draft={draft} /> : <Into draft={draft} tags={contacts} />}
          {contacts && <Consent draft={draft} />}
        </Stack>
      </SimpleGrid>
    </Section>
  );
}

function Into({ draft, tags }: { draft: Draft; tags: boolean }) {
  const { t } = useTranslation();
  const { settings: s, put, errors } = draft;
  const groups = useGroups();
  return (
    <>
      <MultiSelect
        label={t("imports.rules.groups")}
        data={(groups.data?.items ?? []).map((g) => ({ value: g.id, label: g.name }))}
        value={s.groups ?? []}
        onChange={(v) => put({ groups: v })}
        searchable
        nothingFoundMessage={t("contacts.groups.empty")}
        error={errors.groups}
      />
      {tags && (
        <>
          <TagsInput
            label={t("imports.rules.tags")}
            value={s.tags ?? []}
            onChange={(v) => put({ tags: v })}
            maxTags={100}
            acceptValueOnBlur
            error={Object.entries(errors).find(([k]) => k.startsWith("tags"))?.[1]}
          />
          <TextInput
            label={t("imports.rules.source")}
            value={s.source}
            maxLength={200}
            onChange={(e) => put({ source: e.currentTarget.value })}
            error={errors.source}
          />
        </>
      )}
    </>
  );
}

function StopRules({ draft }: { draft: Draft }) {
  const { t } = useTranslation();
  const { settings: s, put, errors } = draft;
  return (
    <>
      <Select
        label={t("imports.rules.channel")}
        data={[
          { value: "", label: t("stops.allChannels") },
          ...channels.map((value) => ({ value, label: t(`contacts.channel.${value}`) })),
        ]}
        value={s.channel ?? ""}
        allowDeselect={false}
        onChange={(v) => put({ channel: v ?? "" })}
        error={errors.channel}
      />
      <TextInput
        label={t("imports.rules.reason")}
        value={s.reason ?? ""}
        maxLength={500}
        onChange={(e) => put({ reason: e.currentTarget.value })}
        error={errors.reason}
      />
    </>
  );
}

/** What all people of the file agreed to. It is kept here until it is whole. */
function Consent({ draft }: { draft: Draft }) {
  const { t } = useTranslation();
  const { settings: s, put, errors } = draft;
  const [typed, setTyped] = useState({ text: "", source: "", ...s.consent, channels: s.consent?.channels ?? [] });
  const [on, setOn] = useState(s.consent !== undefined);
  const set = (part: Partial<typeof typed>) => {
    const next = { ...typed, ...part };
    setTyped(next);
    if (next.channels.length && next.text.trim() && next.source.trim()) put({ consent: next, no_consent: false });
    else if (s.consent) put({ consent: undefined, no_consent: true });
  };
  const turn = (next: boolean) => {
    setOn(next);
    if (!next && s.consent) put({ consent: undefined, no_consent: true });
    if (next) set({});
  };
  const wrong = (field: string) =>
    Object.entries(errors).find(([k]) => k.startsWith(`consent.${field}`))?.[1] ??
    (on && !typed[field as keyof typeof typed]?.length ? t("imports.consent.needed") : undefined);
  return (
    <>
      <Switch
        label={t("imports.consent.on")}
        description={t("imports.consent.hint")}
        checked={on}
        onChange={(e) => turn(e.currentTarget.checked)}
      />
      {on && (
        <>
          <MultiSelect
            label={t("imports.consent.channels")}
            data={channels.map((value) => ({ value, label: t(`contacts.channel.${value}`) }))}
            value={typed.channels}
            onChange={(v) => set({ channels: v })}
            error={wrong("channels")}
          />
          <Textarea
            label={t("contacts.consent.text")}
            value={typed.text}
            maxLength={10_000}
            autosize
            minRows={2}
            onChange={(e) => set({ text: e.currentTarget.value })}
            error={wrong("text")}
          />
          <TextInput
            label={t("contacts.consent.source")}
            description={t("contacts.consent.sourceHint")}
            value={typed.source}
            maxLength={500}
            onChange={(e) => set({ source: e.currentTarget.value })}
            error={wrong("source")}
          />
        </>
      )}
    </>
  );
}
