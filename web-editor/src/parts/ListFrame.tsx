import { Button, Card, Group, Select, Skeleton, Stack, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { useDebouncedCallback, useMediaQuery } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Failure } from "./Failure";
import { written } from "./numbers";

export interface Page<T> {
  items: T[];
  next?: string;
  total?: number;
}

/** A list that is read page by page. `key` must hold everything that the pages depend on. */
export function useList<T>(key: readonly unknown[], read: (cursor: string) => Promise<Page<T>>) {
  return useInfiniteQuery({
    queryKey: key,
    initialPageParam: "",
    queryFn: ({ pageParam }) => read(pageParam),
    getNextPageParam: (last) => last.next || undefined,
  });
}

/** A value kept in the address, so that a list can be linked to and survives going back. */
export function useParam(name: string, standard = ""): [string, (v: string) => void] {
  const [params, set] = useSearchParams();
  return [
    params.get(name) ?? standard,
    (v) =>
      set(
        (old) => {
          const next = new URLSearchParams(old);
          if (v && v !== standard) next.set(name, v);
          else next.delete(name);
          return next;
        },
        { replace: true },
      ),
  ];
}

export interface Column<T> {
  key: string;
  title: string;
  cell: (item: T) => ReactNode;
  numeric?: boolean;
}

interface Props<T> {
  label: string;
  list: UseInfiniteQueryResult<InfiniteData<Page<T>>>;
  columns: Column<T>[];
  id: (item: T) => string;
  /** Shown where there is nothing at all, and where nothing is found. */
  empty: ReactNode;
  nothing: ReactNode;
  search?: [string, (v: string) => void];
  sort?: { value: string; set: (v: string) => void; options: { value: string; label: string }[] };
  filters?: ReactNode;
  /** True where a search or filter is in force. */
  filtered: boolean;
  /** Before each row: a box to choose it, for instance. */
  lead?: { title: ReactNode; cell: (item: T) => ReactNode };
}

/** A list as every screen shows one: search, sort, filters, pages, nothing, a failure; a table, or cards where it is narrow. */
export function ListFrame<T>(p: Props<T>) {
  const { t, i18n } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  const items = p.list.data?.pages.flatMap((page) => page.items) ?? [];
  const total = p.list.data?.pages[0]?.total;
  // How many there are in all is not always known.
  const among = p.list.hasNextPage ? `${written(items.length, i18n.language)}+` : items.length;
  return (
    <Stack>
      {(p.search || p.sort || p.filters) && (
        <Group align="end" gap="sm">
          {p.search && <Search value={p.search[0]} set={p.search[1]} />}
          {p.filters}
          {p.sort && (
            <Select
              label={t("parts.sort")}
              data={p.sort.options}
              value={p.sort.value}
              onChange={(v) => v && p.sort?.set(v)}
              allowDeselect={false}
              w={220}
            />
          )}
        </Group>
      )}
      <Text size="sm" c="dimmed" role="status" aria-live="polite">
        {p.list.isSuccess ? t("parts.shown", { count: items.length, total: total ?? among }) : " "}
      </Text>
      {p.list.isError && <Failure error={p.list.error} again={() => p.list.refetch()} />}
      {p.list.isPending && <Loading />}
      {p.list.isSuccess && items.length === 0 && (p.filtered ? p.nothing : p.empty)}
      {items.length > 0 && (narrow ? <Cards {...p} items={items} /> : <Wide {...p} items={items} />)}
      {p.list.hasNextPage && (
        <Button variant="default" loading={p.list.isFetchingNextPage} onClick={() => p.list.fetchNextPage()}>
          {t("parts.more")}
        </Button>
      )}
    </Stack>
  );
}

function Search({ value, set }: { value: string; set: (v: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value);
  const later = useDebouncedCallback(set, 300);
  // Whoever clears all filters clears what was typed here too.
  useEffect(() => {
    if (!value) setTyped("");
  }, [value]);
  return (
    <TextInput
      type="search"
      label={t("parts.search")}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      maxLength={200}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        later(e.currentTarget.value);
      }}
      style={{ flex: "1 1 16rem" }}
    />
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" aria-busy="true">
      <VisuallyHidden>{t("parts.loading")}</VisuallyHidden>
      {[0, 1, 2, 3].map((i) => (
        <Skeleton key={i} height={44} />
      ))}
    </Stack>
  );
}

function Wide<T>({ label, columns, items, id, lead }: Props<T> & { items: T[] }) {
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table aria-label={label} verticalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {lead && <Table.Th w={40}>{lead.title}</Table.Th>}
            {columns.map((c) => (
              <Table.Th key={c.key} ta={c.numeric ? "right" : undefined}>
                {c.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={id(item)}>
              {lead && <Table.Td>{lead.cell(item)}</Table.Td>}
              {columns.map((c) => (
                <Table.Td key={c.key} ta={c.numeric ? "right" : undefined}>
                  {c.cell(item)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cards<T>({ label, columns, items, id, lead }: Props<T> & { items: T[] }) {
  return (
    <Stack component="ul" gap="sm" p={0} m={0} aria-label={label} style={{ listStyle: "none" }}>
      {items.map((item) => (
        <Card key={id(item)} component="li" withBorder padding="sm">
          {lead?.cell(item)}
          {columns.map((c) => (
            <Group key={c.key} justify="space-between" wrap="nowrap" gap="md" align="start">
              <Text size="sm" c="dimmed">
                {c.title}
              </Text>
              <Text size="sm" component="div" ta="right" style={{ overflowWrap: "anywhere" }}>
                {c.cell(item)}
              </Text>
            </Group>
          ))}
        </Card>
      ))}
    </Stack>
  );
}
