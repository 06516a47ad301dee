import {
  ActionIcon,
  Badge,
  Box,
  Button,
  Container,
  Flex,
  Group,
  Select,
  Stack,
  Text,
  Title,
  UnstyledButton,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { api, take } from "../api/client";
import { statusOf } from "../api/problem";
import { Missing } from "../app/Missing";
import { useSession } from "../app/session";
import { Waiting } from "../app/Waiting";
import type { BlockType } from "../canvas/types";
import { when } from "../parts/dates";
import { Empty } from "../parts/Empty";
import { Failure } from "../parts/Failure";
import { useTitle } from "../parts/title";
import { Changes } from "./Changes";
import { Drawing, Undrawable } from "./Drawing";
import { inTime, merged } from "./merged";
import { draftName, useDifference, useDocument, useVersions, type Version } from "./queries";
import { Restore } from "./Restore";
import classes from "./versions.module.css";

/** The published versions of a cascade: each as it was drawn, and what changed between any two. */
export function Versions() {
  const { t } = useTranslation();
  const { scheme = "" } = useParams();
  const types = useQuery({
    queryKey: ["block-types"],
    queryFn: () => take(api.GET("/api/v1/block-types")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const about = useQuery({
    queryKey: ["scheme", scheme],
    queryFn: () => take(api.GET("/api/v1/schemes/{scheme}", { params: { path: { scheme } } })),
  });
  const versions = useVersions(scheme);
  const byType = useMemo(
    () => new Map((types.data?.items as BlockType[] | undefined)?.map((b) => [b.type, b])),
    [types.data],
  );
  useTitle(t("versions.titleOf", { name: about.data?.name ?? "" }));
  const failed = [types, about, versions].find((q) => q.isError && !q.data);
  if (failed) {
    if ([404, 422].includes(statusOf(failed.error))) return <Missing />;
    return (
      <Container size="sm" py="xl">
        <Failure error={failed.error} again={() => failed.refetch()} />
      </Container>
    );
  }
  if (!types.data || !about.data || !versions.data) return <Waiting />;
  const writes = about.data.archived_at === undefined;
  return <Rooms scheme={scheme} name={about.data.name} types={byType} versions={versions} writes={writes} />;
}

interface RoomsProps {
  scheme: string;
  name: string;
  types: ReadonlyMap<string, BlockType>;
  versions: ReturnType<typeof useVersions>;
  writes: boolean;
}

function Rooms({ scheme, name, types, versions, writes }: RoomsProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const narrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false }) ?? false;
  const [params, setParams] = useSearchParams();
  const { items } = versions;
  const chosen = items.find((v) => v.id === params.get("version")) ?? items[0];
  const other = params.get("with") ?? "";
  const choose = (version: string, beside: string) =>
    setParams({ version, ...(beside && beside !== version && { with: beside }) }, { replace: true });
  if (!chosen)
    return (
      <Empty
        title={t("versions.none")}
        action={
          <Button component={Link} to={`/cascades/${scheme}`}>
            {t("versions.open")}
          </Button>
        }
      >
        {t("versions.noneText")}
      </Empty>
    );
  return (
    <Flex direction={narrow ? "column" : "row"} h={narrow ? undefined : "calc(100dvh - 52px)"} mih={0}>
      <Stack component="aside" gap="sm" p="md" className={classes.side} aria-label={t("versions.title")}>
        <Group gap="xs" wrap="nowrap">
          <ActionIcon
            component={Link}
            to={`/cascades/${scheme}`}
            variant="subtle"
            color="gray"
            aria-label={t("versions.back")}
          >
            <IconArrowLeft size={18} aria-hidden />
          </ActionIcon>
          <Title order={1} size="h4" lineClamp={2}>
            {t("versions.title")}
          </Title>
        </Group>
        <Text size="sm" c="dimmed" lineClamp={2}>
          {name || t("cascades.nameless")}
        </Text>
        <Select
          label={t("versions.compare")}
          placeholder={t("versions.compareNone")}
          clearable
          clearButtonProps={{ "aria-label": t("versions.compareStop") }}
          value={other || null}
          data={[
            { value: draftName, label: t("versions.draft") },
            ...items
              .filter((v) => v.id !== chosen.id)
              .map((v) => ({ value: v.id, label: t("versions.number", { number: v.number ?? 0 }) })),
          ]}
          onChange={(v) => choose(chosen.id, v ?? "")}
        />
        {other && <Told scheme={scheme} version={chosen} other={other} items={items} types={types} />}
        <Stack component="ol" gap={4} m={0} p={0} style={{ listStyle: "none" }} data-versions>
          {items.map((v) => (
            <One key={v.id} version={v} on={v.id === chosen.id} choose={() => choose(v.id, other)} />
          ))}
        </Stack>
        {versions.hasNextPage && (
          <Button
            variant="default"
            size="xs"
            loading={versions.isFetchingNextPage}
            onClick={() => versions.fetchNextPage()}
          >
            {t("parts.more")}
          </Button>
        )}
      </Stack>
      <Flex direction="column" flex={1} miw={0} mih={0}>
        <Group px="md" py={8} gap="sm" justify="space-between" className={classes.head}>
          <Text fw={600} data-shown={chosen.number}>
            {t("versions.number", { number: chosen.number ?? 0 })}
          </Text>
          {writes && may("schemes:write") && <Restore scheme={scheme} version={chosen} />}
        </Group>
        <Picture
          key={`${chosen.id} ${other}`}
          scheme={scheme}
          version={chosen}
          other={other}
          items={items}
          types={types}
          narrow={narrow}
        />
      </Flex>
    </Flex>
  );
}

function One({ version: v, on, choose }: { version: Version; on: boolean; choose: () => void }) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return (
    <li>
      <UnstyledButton onClick={choose} aria-pressed={on} className={classes.one} data-version={v.number}>
        <Group justify="space-between" gap="xs" wrap="nowrap">
          <Text size="sm" fw={600}>
            {t("versions.number", { number: v.number ?? 0 })}
          </Text>
          {v.campaigns > 0 && (
            <Badge size="sm" variant="default" tt="none" fw={500}>
              {t("versions.campaigns", { count: v.campaigns })}
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {v.by.name}, {when(v.published_at, zone)}
        </Text>
        {v.note && (
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {v.note}
          </Text>
        )}
      </UnstyledButton>
    </li>
  );
}

interface Pair {
  scheme: string;
  version: Version;
  other: string;
  items: readonly Version[];
  types: ReadonlyMap<string, BlockType>;
}

/** The two that are compared, the earlier first, with what changed. */
function usePair({ scheme, version, other, items }: Omit<Pair, "types">) {
  const numberOf = (id: string) => items.find((v) => v.id === id)?.number ?? Number.POSITIVE_INFINITY;
  const [a, b] = other
    ? inTime({ id: version.id, number: version.number ?? 0 }, { id: other, number: numberOf(other) })
    : [{ id: version.id }, { id: "" }];
  const [before, after] = [useDocument(scheme, a.id), useDocument(scheme, b.id)];
  const difference = useDifference(scheme, a.id, b.id);
  return { before, after, difference };
}

function Told(p: Pair) {
  const { before, after, difference } = usePair(p);
  const both = useMemo(
    () =>
      before.document && after.document && difference.data && merged(before.document, after.document, difference.data),
    [before.document, after.document, difference.data],
  );
  if (difference.isError) return <Failure error={difference.error} again={() => difference.refetch()} />;
  if (!both || !difference.data) return <Waiting />;
  return <Changes difference={difference.data} scheme={both.scheme} types={p.types} />;
}

function Picture({ narrow, ...p }: Pair & { narrow: boolean }) {
  const { before, after, difference } = usePair(p);
  const alone = before.document;
  const both = useMemo(
    () =>
      before.document && after.document && difference.data && merged(before.document, after.document, difference.data),
    [before.document, after.document, difference.data],
  );
  const error = before.error ?? after.error;
  if (error)
    return (
      <Box p="md">
        <Failure error={error} />
      </Box>
    );
  if (p.other) return both ? <Drawing {...both} types={p.types} narrow={narrow} /> : <Waiting />;
  if (!before.ready) return <Waiting />;
  return alone ? <Drawing scheme={alone} marks={null} types={p.types} narrow={narrow} /> : <Undrawable />;
}
