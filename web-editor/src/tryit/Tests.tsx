import { ActionIcon, Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../api/client";
import type { components } from "../api/schema";
import { Waiting } from "../app/Waiting";
import { useWorkbench } from "../canvas/context";
import type { DraftState } from "../canvas/draft";
import { when } from "../parts/dates";
import { Failure } from "../parts/Failure";
import { tell, told, wordsOf } from "../parts/tell";
import { Failed, type Result } from "./Results";
import type { Script } from "./walk";

type Head = components["schemas"]["TestHead"];

export const testsKey = (scheme: string) => ["scheme", scheme, "tests"] as const;

export const useTests = (scheme: string) =>
  useQuery({
    queryKey: testsKey(scheme),
    queryFn: () => take(api.GET("/api/v1/schemes/{scheme}/tests", { params: { path: { scheme } } })),
  });

interface Props {
  scheme: string;
  draft: DraftState;
  show: (script: Script) => void;
}

/** The tests that were kept: they run here at will, and before every publishing. */
export function Tests({ scheme, draft, show }: Props) {
  const { t } = useTranslation();
  const { readOnly } = useWorkbench();
  const tests = useTests(scheme);
  const run = useMutation({
    mutationFn: async () => {
      await draft.flush();
      return take(api.POST("/api/v1/schemes/{scheme}/tests/run", { params: { path: { scheme } } }));
    },
  });
  if (tests.isError) return <Failure error={tests.error} again={() => tests.refetch()} />;
  if (!tests.data) return <Waiting />;
  const { items } = tests.data;
  if (!items.length) return <Text c="dimmed">{t(readOnly ? "tryit.tests.noneRead" : "tryit.tests.none")}</Text>;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("tryit.tests.about")}
      </Text>
      <Group justify="space-between">
        <Button
          size="xs"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          loading={run.isPending}
          onClick={() => run.mutate()}
        >
          {t("tryit.tests.run")}
        </Button>
        {run.data && (
          <Text size="sm" role="status" data-passed={run.data.passed}>
            {t("tryit.tests.result", { passed: run.data.passed, count: run.data.results.length })}
          </Text>
        )}
      </Group>
      {run.isError && (
        <Alert color="red" role="alert">
          {wordsOf(run.error)}
        </Alert>
      )}
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: "none" }} data-tests>
        {items.map((x) => (
          <One
            key={x.id}
            scheme={scheme}
            head={x}
            result={run.data?.results.find((r) => r.test === x.id)}
            show={show}
            again={() => run.mutate()}
          />
        ))}
      </Stack>
    </Stack>
  );
}

interface OneProps {
  scheme: string;
  head: Head;
  result?: Result;
  show: (script: Script) => void;
  again: () => void;
}

function One({ scheme, head, result, show, again }: OneProps) {
  const { t } = useTranslation();
  const { readOnly } = useWorkbench();
  const path = { scheme, test: head.id };
  const open = async () => {
    try {
      const test = await take(api.GET("/api/v1/schemes/{scheme}/tests/{test}", { params: { path } }));
      show(test.script as Script);
    } catch (error) {
      tell(error);
    }
  };
  const accept = useMutation({
    mutationFn: () =>
      take(api.PATCH("/api/v1/schemes/{scheme}/tests/{test}", { params: { path }, body: { expected: null as never } })),
    onSuccess: again,
    onError: tell,
  });
  return (
    <Stack component="li" gap={4} data-test={head.id}>
      <Group gap="xs" wrap="nowrap">
        <Button
          variant="subtle"
          size="compact-sm"
          justify="flex-start"
          px={0}
          fw={600}
          onClick={open}
          aria-label={t("tryit.tests.show", { name: head.name })}
          style={{ flex: 1, minWidth: 0 }}
        >
          {head.name}
        </Button>
        {result && (
          <Badge color={result.passed ? "green" : "red"} variant="light" tt="none" c="var(--mantine-color-text)">
            {t(result.passed ? "tryit.tests.passed" : "tryit.tests.failed")}
          </Badge>
        )}
        {!readOnly && <Remove scheme={scheme} head={head} />}
      </Group>
      <Text size="xs" c="dimmed">
        {head.by.name}, {when(head.updated_at)}
      </Text>
      {result && !result.passed && <Failed result={result} />}
      {result && !result.passed && !result.problem && !readOnly && (
        <Button
          size="compact-xs"
          variant="default"
          loading={accept.isPending}
          onClick={() => accept.mutate()}
          style={{ alignSelf: "flex-start" }}
        >
          {t("tryit.tests.accept")}
        </Button>
      )}
    </Stack>
  );
}

/** Forgets a test; it can be taken back. */
function Remove({ scheme, head }: { scheme: string; head: Head }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const fresh = () => queries.invalidateQueries({ queryKey: testsKey(scheme) });
  const remove = async () => {
    const path = { scheme, test: head.id };
    const { name, script, expected } = await take(
      api.GET("/api/v1/schemes/{scheme}/tests/{test}", { params: { path } }),
    );
    await api.DELETE("/api/v1/schemes/{scheme}/tests/{test}", { params: { path } });
    await fresh();
    told(t("tryit.tests.removed"), async () => {
      await take(
        api.POST("/api/v1/schemes/{scheme}/tests", {
          params: { path: { scheme }, header: once() },
          body: { name, script, expected } as never,
        }),
      );
      await fresh();
    });
  };
  const ask = () =>
    modals.openConfirmModal({
      title: t("parts.confirm"),
      children: t("tryit.tests.removeText", { name: head.name }),
      labels: { confirm: t("parts.delete"), cancel: t("parts.cancel") },
      confirmProps: { color: "red" },
      closeButtonProps: { "aria-label": t("parts.close") },
      onConfirm: () => remove().catch(tell),
    });
  return (
    <ActionIcon variant="subtle" color="red" aria-label={t("tryit.tests.remove", { name: head.name })} onClick={ask}>
      <IconTrash size={16} aria-hidden />
    </ActionIcon>
  );
}
