import { Anchor, Group, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import type { Edition } from "../campaigns/queries";
import { useCascades, useEdition } from "../campaigns/queries";
import { Section } from "./parts";
import { withKind, wrongAt } from "./terms";
import type { TermsState } from "./useTerms";

/** The name, what is sent, and where recipients come from. */
export function Basics({ form }: { form: TermsState }) {
  const { t } = useTranslation();
  const { terms, errors, set, replace } = form;
  const edition = useEdition(terms.version);
  const kind = terms.kind ?? "closed";
  return (
    <Section title={t("launch.basics.title")}>
      <TextInput
        label={t("launch.basics.name")}
        value={terms.name}
        maxLength={200}
        required
        error={errors.name}
        onChange={(e) => set({ name: e.currentTarget.value })}
      />
      <CascadeChoice edition={edition.data} error={errors.version} set={(version) => set({ version })} />
      {edition.data?.scheme ? (
        <Versions edition={edition.data} set={(version) => set({ version })} />
      ) : (
        edition.data && <Text size="sm">{t("launch.basics.ofFile", { name: edition.data.name })}</Text>
      )}
      <Stack gap={4}>
        <Text size="sm" fw={500} id="kind-label">
          {t("launch.basics.kind")}
        </Text>
        <SegmentedControl
          aria-labelledby="kind-label"
          value={kind}
          onChange={(v) => replace((old) => withKind(old, v as "closed" | "open"))}
          data={["closed", "open"].map((value) => ({ value, label: t(`launch.kind.${value}`) }))}
        />
        <Text size="xs" c="dimmed">
          {t(`launch.kind.${kind}Hint`)}
        </Text>
        {wrongAt(errors, "kind") && (
          <Text size="xs" c="red">
            {wrongAt(errors, "kind")}
          </Text>
        )}
      </Stack>
    </Section>
  );
}

interface ChoiceProps {
  edition?: Edition;
  error?: string;
  set: (version: string) => void;
}

/** Which cascade is run: its latest version is taken. */
export function CascadeChoice({ edition, error, set }: ChoiceProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const own = edition?.name ?? "";
  const [sought] = useDebouncedValue(typed === own ? "" : typed, 300);
  const list = useCascades(sought);
  const options = (list.data ?? []).map((s) => ({ value: s.id, label: s.name || t("cascades.nameless") }));
  if (edition?.scheme && !options.some((o) => o.value === edition.scheme))
    options.unshift({ value: edition.scheme, label: edition.name || t("cascades.nameless") });
  return (
    <Select
      label={t("launch.basics.cascade")}
      placeholder={t("launch.basics.choose")}
      data={options}
      value={edition?.scheme ?? null}
      onChange={(id) => {
        const version = list.data?.find((s) => s.id === id)?.published?.version;
        if (version) set(version);
      }}
      searchable
      onSearchChange={setTyped}
      filter={({ options: all }) => all}
      allowDeselect={false}
      error={error}
      nothingFoundMessage={t("launch.basics.noCascades")}
      required
    />
  );
}

function Versions({ edition, set }: { edition: Edition; set: (version: string) => void }) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  const scheme = edition.scheme ?? "";
  const list = useQuery({
    queryKey: ["versions", scheme],
    queryFn: () =>
      take(api.GET("/api/v1/schemes/{scheme}/versions", { params: { path: { scheme }, query: { limit: 100 } } })),
  });
  const all = list.data?.items ?? [];
  const latest = all[0];
  const label = (v: { number?: number; published_at: string; note?: string }) =>
    [t("launch.basics.number", { number: v.number, when: when(v.published_at, zone) }), v.note]
      .filter(Boolean)
      .join(" · ");
  return (
    <Stack gap={4}>
      <Select
        label={t("launch.basics.version")}
        data={
          all.length
            ? all.map((v) => ({ value: v.id, label: label(v) }))
            : [{ value: edition.id, label: label(edition) }]
        }
        value={edition.id}
        allowDeselect={false}
        onChange={(v) => v && set(v)}
      />
      <Group gap="xs">
        {latest && latest.id !== edition.id && (
          <Text size="xs">
            {t("launch.basics.newer", { number: latest.number })}{" "}
            <Anchor component="button" type="button" size="xs" onClick={() => set(latest.id)}>
              {t("launch.basics.takeNewer")}
            </Anchor>
          </Text>
        )}
        <Anchor component={Link} to={`/cascades/${scheme}`} size="xs">
          {t("launch.basics.open")}
        </Anchor>
      </Group>
    </Stack>
  );
}
