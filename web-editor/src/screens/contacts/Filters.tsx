import { Button, Group, Popover, Select, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { isProblem } from "../../api/problem";
import { wordsOf } from "../../parts/tell";
import { number } from "../campaigns/format";
import { FilterInput } from "../launch/FilterInput";
import { contactsKey } from "./model";
import { useGroups } from "./queries";

interface Props {
  filter: string;
  setFilter: (v: string) => void;
  group: string;
  setGroup: (v: string) => void;
}

/** Whom the list of contacts shows: a group, a condition. */
export function Filters({ filter, setFilter, group, setGroup }: Props) {
  const { t } = useTranslation();
  const groups = useGroups();
  const data = (groups.data?.items ?? []).map((g) => ({ value: g.id, label: `${g.name} (${number(g.size)})` }));
  return (
    <Group gap="sm" align="end">
      <Select
        label={t("contacts.filter.group")}
        placeholder={t("contacts.filter.anyGroup")}
        data={data}
        value={group || null}
        onChange={(v) => setGroup(v ?? "")}
        searchable
        clearable
        clearButtonProps={{ "aria-label": t("contacts.clear") }}
        nothingFoundMessage={t("contacts.nothing")}
        w={200}
      />
      <Popover position="bottom-end" width="min(460px, calc(100vw - 32px))" trapFocus shadow="md">
        <Popover.Target>
          <Button variant={filter ? "light" : "default"} leftSection={<IconFilter size={16} aria-hidden />}>
            {t("contacts.filter.open")}
            {filter ? " (1)" : ""}
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={t("contacts.filter.open")}>
          <Condition filter={filter} setFilter={setFilter} />
        </Popover.Dropdown>
      </Popover>
    </Group>
  );
}

/** A condition that is asked about before the list takes it: the list stays while there is a mistake in it. */
function Condition({ filter, setFilter }: Pick<Props, "filter" | "setFilter">) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(filter);
  const [settled] = useDebouncedValue(typed.trim(), 350);
  const count = useQuery({
    queryKey: [...contactsKey, "count", settled],
    queryFn: () => take(api.GET("/api/v1/contacts/count", { params: { query: { filter: settled || undefined } } })),
  });
  const good = count.isSuccess;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only an answer changes the list
  useEffect(() => {
    if (good && settled !== filter) setFilter(settled);
  }, [good, settled]);
  const wrong = count.error ? (isProblem(count.error) ? wordsOf(count.error) : t("parts.offline")) : undefined;
  return (
    <Stack gap="sm">
      <FilterInput value={typed} set={setTyped} error={wrong} />
      {good && (
        <Text size="sm" c="dimmed" role="status">
          {t("contacts.filter.found", { n: number(count.data.count) })}
        </Text>
      )}
      <Button variant="default" onClick={() => setTyped("")} disabled={typed === ""}>
        {t("contacts.filter.off")}
      </Button>
    </Stack>
  );
}
