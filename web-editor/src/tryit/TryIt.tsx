import { Alert, Button, CloseButton, Group, Stack, Tabs, TextInput, Title } from "@mantine/core";
import { IconArrowBackUp, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../api/client";
import { isProblem } from "../api/problem";
import { Waiting } from "../app/Waiting";
import { useUi, useWorkbench } from "../canvas/context";
import type { DraftState } from "../canvas/draft";
import { Failure } from "../parts/Failure";
import { told, wordsOf } from "../parts/tell";
import { Events } from "./Events";
import { Tests, testsKey, useTests } from "./Tests";
import { Told } from "./Told";
import { type TrialState, useTrial } from "./useTrial";
import { InBrief, Whom } from "./Whom";
import { scriptOf } from "./walk";

/** The panel in which a scheme is tried on one person, and its tests. */
export function TryIt({ scheme, draft }: { scheme: string; draft: DraftState }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const trial = useTrial();
  const tests = useTests(scheme);
  const tab = useUi((u) => u.trying) || "walk";
  const setTab = (v: string | null) => w.ui.setState({ trying: v === "tests" ? "tests" : "walk" });
  const account = useQuery({ queryKey: ["account"], queryFn: () => take(api.GET("/api/v1/account")) });
  useEffect(() => {
    // The canvas is narrower now: what is tried has to be seen.
    const soon = requestAnimationFrame(() => w.view.fit());
    return () => cancelAnimationFrame(soon);
  }, [w]);
  return (
    <Stack gap="sm" p="md" data-tryit>
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} size="h5">
          {t("tryit.title")}
        </Title>
        <CloseButton aria-label={t("parts.close")} onClick={() => w.ui.setState({ trying: false })} />
      </Group>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="walk">{t("tryit.walk")}</Tabs.Tab>
          <Tabs.Tab value="tests">{t("tryit.tests.title", { count: tests.data?.items.length ?? 0 })}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="walk">
          {account.isError && <Failure error={account.error} again={() => account.refetch()} />}
          {account.data && !trial.setting && (
            <Whom account={account.data} old={w.ui.getState().trial?.setting ?? null} start={trial.start} />
          )}
          {account.data && trial.setting && <Trying scheme={scheme} trial={trial} />}
          {account.isLoading && <Waiting />}
        </Tabs.Panel>
        <Tabs.Panel value="tests">
          <Tests
            scheme={scheme}
            draft={draft}
            show={(script) => {
              trial.load(script, account.data?.zone ?? "");
              setTab("walk");
            }}
          />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Trying({ scheme, trial }: { scheme: string; trial: TrialState }) {
  const { t } = useTranslation();
  const { readOnly } = useWorkbench();
  return (
    <Stack gap="md">
      {trial.setting && <InBrief setting={trial.setting} change={trial.change} />}
      {trial.walk.isError && <Unwalkable trial={trial} />}
      {trial.walk.isPending && <Waiting />}
      <Told trial={trial} />
      <Events trial={trial} />
      <Group gap="xs">
        {trial.back && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            onClick={trial.back}
          >
            {t("tryit.back")}
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} aria-hidden />}
          onClick={() => trial.again()}
        >
          {t("tryit.again")}
        </Button>
      </Group>
      {!readOnly && trial.found && <Keep scheme={scheme} trial={trial} />}
    </Stack>
  );
}

/** Why there is no walk: mostly because the scheme has errors still. */
function Unwalkable({ trial }: { trial: TrialState }) {
  const { t } = useTranslation();
  const { ui } = useWorkbench();
  if (!isProblem(trial.walk.error, "scheme_has_errors"))
    return <Failure error={trial.walk.error} again={() => trial.walk.refetch()} />;
  return (
    <Alert color="yellow" title={t("tryit.errors")}>
      <Button size="xs" variant="default" onClick={() => ui.setState({ listed: true })}>
        {t("canvas.findings.title")}
      </Button>
    </Alert>
  );
}

/** Keeps the walk as a test, with the result that it has now when nothing more happens. */
function Keep({ scheme, trial }: { scheme: string; trial: TrialState }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const keep = useMutation({
    mutationFn: async () => {
      if (!trial.setting) return;
      const body = { name: name.trim(), script: scriptOf(trial.setting, trial.trial.events), expected: trial.found };
      await take(
        api.POST("/api/v1/schemes/{scheme}/tests", {
          params: { path: { scheme }, header: once() },
          body: body as never,
        }),
      );
      await queries.invalidateQueries({ queryKey: testsKey(scheme) });
    },
    onSuccess: () => {
      setName("");
      told(t("tryit.tests.kept"));
    },
  });
  return (
    <Group
      gap="xs"
      align="end"
      wrap="nowrap"
      component="form"
      onSubmit={(e: React.FormEvent) => {
        e.preventDefault();
        if (name.trim()) keep.mutate();
      }}
    >
      <TextInput
        label={t("tryit.tests.keepAs")}
        description={t("tryit.tests.keepHint")}
        size="xs"
        value={name}
        maxLength={200}
        error={keep.isError ? wordsOf(keep.error) : undefined}
        onChange={(e) => setName(e.currentTarget.value)}
        style={{ flex: 1 }}
      />
      <Button type="submit" size="xs" disabled={!name.trim()} loading={keep.isPending}>
        {t("tryit.tests.keep")}
      </Button>
    </Group>
  );
}
