import { Autocomplete, Button, Group, MultiSelect, Popover, Select, Stack, Switch } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useParam } from "../../parts/ListFrame";
import { type Campaign, states, tagsOf } from "./model";
import { useCascades } from "./queries";

/** What the list of campaigns is narrowed to, kept in the address. */
export function useFilters() {
  const [chosen, setStates] = useParam("state");
  const [tag, setTag] = useParam("tag");
  const [scheme, setScheme] = useParam("scheme");
  const [archived, setArchived] = useParam("archived");
  const [tests, setTests] = useParam("tests");
  const [, setAll] = useSearchParams();
  return {
    value: {
      states: chosen.split(",").filter((s) => states.some((known) => known === s)),
      tag,
      scheme,
      archived: archived === "yes",
      tests: tests === "yes",
    },
    on: Boolean(chosen || tag || scheme || archived || tests),
    count: [chosen, tag, scheme, archived, tests].filter(Boolean).length,
    setStates: (v: string[]) => setStates(v.join(",")),
    setTag,
    setScheme,
    setArchived: (on: boolean) => setArchived(on ? "yes" : ""),
    setTests: (on: boolean) => setTests(on ? "yes" : ""),
    clear: () => setAll({}, { replace: true }),
  };
}

interface Props {
  filters: ReturnType<typeof useFilters>;
  items: Campaign[];
}

export function Filters({ filters: f, items }: Props) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" align="end">
      <MultiSelect
        label={t("campaigns.filter.state")}
        placeholder={f.value.states.length ? undefined : t("campaigns.filter.any")}
        data={states.map((value) => ({ value, label: t(`campaigns.state.${value}`) }))}
        value={f.value.states}
        onChange={f.setStates}
        clearable
        clearButtonProps={{ "aria-label": t("campaigns.filter.clear") }}
        maw={240}
        style={{ flex: "1 1 180px" }}
      />
      <Popover position="bottom-end" width={300} trapFocus withinPortal shadow="md">
        <Popover.Target>
          <Button variant={f.count ? "light" : "default"} leftSection={<IconFilter size={16} aria-hidden />}>
            {t("campaigns.filter.more")}
            {f.count ? ` (${f.count})` : ""}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Rest filters={f} items={items} />
        </Popover.Dropdown>
      </Popover>
    </Group>
  );
}

function Rest({ filters: f, items }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [sought] = useDebouncedValue(name, 300);
  const cascades = useCascades(sought);
  const [tag, setTag] = useState(f.value.tag);
  const [settled] = useDebouncedValue(tag, 400);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed counts
  useEffect(() => {
    if (settled.trim() !== f.value.tag) f.setTag(settled.trim());
  }, [settled]);
  const options = (cascades.data ?? []).map((s) => ({ value: s.id, label: s.name || t("cascades.nameless") }));
  if (f.value.scheme && !options.some((o) => o.value === f.value.scheme))
    options.push({ value: f.value.scheme, label: f.value.scheme });
  return (
    <Stack gap="sm">
      <Autocomplete
        label={t("campaigns.filter.tag")}
        data={tagsOf(items)}
        value={tag}
        maxLength={64}
        onChange={setTag}
        comboboxProps={{ withinPortal: false }}
      />
      <Select
        label={t("campaigns.filter.scheme")}
        data={options}
        value={f.value.scheme || null}
        onChange={(v) => f.setScheme(v ?? "")}
        searchable
        onSearchChange={setName}
        filter={({ options: all }) => all}
        clearable
        clearButtonProps={{ "aria-label": t("campaigns.filter.clear") }}
        nothingFoundMessage={t("campaigns.nothing")}
        comboboxProps={{ withinPortal: false }}
      />
      <Switch
        label={t("campaigns.filter.archived")}
        checked={f.value.archived}
        onChange={(e) => f.setArchived(e.currentTarget.checked)}
      />
      <Switch
        label={t("campaigns.filter.tests")}
        checked={f.value.tests}
        onChange={(e) => f.setTests(e.currentTarget.checked)}
      />
      {f.on && (
        <Button variant="default" onClick={f.clear}>
          {t("campaigns.filter.clear")}
        </Button>
      )}
    </Stack>
  );
}
