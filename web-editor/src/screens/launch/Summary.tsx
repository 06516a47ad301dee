import { Alert, Group, List, Loader, Paper, Progress, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconMinus } from "@tabler/icons-react";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useLanguage } from "../../canvas/names";
import { wordsOf } from "../../parts/tell";
import { moment, number, zoneName } from "../campaigns/format";
import type { Terms } from "./terms";
import { ZoneChart } from "./ZoneChart";

export type Estimate = components["schemas"]["Estimate"];

const final = (state?: string) => state === "done" || state === "failed" || state === "cancelled";

/**
 * What a launch on the saved terms would do; counted anew after each change of what matters for it. In a very large account
 * a task counts, and is given up when nobody waits for it any more.
 */
export function useEstimate(id: string, saved: Terms) {
  const { name: _, tags: __, ...rest } = saved;
  const asked = useQuery<Estimate>({
    queryKey: ["estimate", id, JSON.stringify(rest)],
    queryFn: ({ signal }) =>
      take(api.POST("/api/v1/campaigns/{campaign}/estimate", { params: { path: { campaign: id } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    enabled: saved.kind !== "open",
    retry: false,
  });
  const path = { task: asked.data?.task ?? "" };
  const task = useQuery({
    queryKey: ["task", path.task],
    queryFn: () => take(api.GET("/api/v1/tasks/{task}", { params: { path } })),
    enabled: path.task !== "",
    refetchInterval: (q) => (final(q.state.data?.state) ? false : 1000),
  });
  const counting = path.task !== "" && !final(task.data?.state);
  const queries = useQueryClient();
  useEffect(() => {
    const id = path.task;
    if (!id) return;
    return () => {
      if (final(queries.getQueryData<{ state: string }>(["task", id])?.state)) return;
      api.POST("/api/v1/tasks/{task}/cancel", { params: { path: { task: id } } }).catch(() => undefined);
    };
  }, [path.task, queries]);
  const ofTask = task.data?.state === "done" ? (task.data.result as Estimate) : undefined;
  return {
    data: path.task ? ofTask : asked.data,
    isFetching: asked.isFetching || counting,
    isPlaceholderData: asked.isPlaceholderData,
    error: asked.error ?? task.error ?? (task.data?.state === "failed" ? new Error(task.data.error?.message) : null),
    progress: counting ? task.data?.progress : undefined,
    refetch: asked.refetch,
  };
}

type EstimateQuery = ReturnType<typeof useEstimate>;

/** What a launch would do, beside the form: how many, where, when, and who would not get it and why. */
export function Summary({ estimate, terms }: { estimate: EstimateQuery; terms: Terms }) {
  const { t } = useTranslation();
  const e = estimate.data;
  return (
    <Paper withBorder p="md" component="section" aria-label={t("launch.sum.title")}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t("launch.sum.title")}
        </Title>
        {estimate.isFetching && <Loader size="xs" aria-label={t("launch.sum.counting")} />}
      </Group>
      {estimate.progress && estimate.progress.total > 0 && (
        <Progress
          value={(estimate.progress.done / estimate.progress.total) * 100}
          aria-label={t("launch.sum.counting")}
          mb="sm"
        />
      )}
      {estimate.error && (
        <Alert color="yellow" role="alert" mb="sm" icon={<IconAlertTriangle aria-hidden />}>
          {wordsOf(estimate.error)}
        </Alert>
      )}
      {e && (
        <Stack gap="sm" style={{ opacity: estimate.isPlaceholderData || estimate.error ? 0.6 : 1 }}>
          <div aria-live="polite">
            <Text fz={32} fw={700} lh={1.1} data-recipients={e.recipients}>
              {number(e.recipients)}
            </Text>
            <Text size="sm" c="dimmed">
              {t("launch.sum.recipients", { count: e.recipients, all: number(e.selected) })}
            </Text>
          </div>
          <Checks e={e} />
          {e.zones.length > 0 && (
            <div>
              <Text size="sm" fw={600}>
                {t("launch.zones.title")}
              </Text>
              <ZoneChart zones={e.zones} />
            </div>
          )}
          <Times e={e} terms={terms} />
        </Stack>
      )}
    </Paper>
  );
}

const signs = { good: [IconCheck, "green"], bad: [IconMinus, "gray"], warn: [IconAlertTriangle, "yellow"] } as const;

function Check({ kind, children }: { kind: keyof typeof signs; children: ReactNode }) {
  const [Icon, color] = signs[kind];
  return (
    <List.Item
      icon={
        <ThemeIcon variant="light" color={color} size={20} radius="xl">
          <Icon size={14} aria-hidden />
        </ThemeIcon>
      }
    >
      {children}
    </List.Item>
  );
}

/** Who would be refused and why, and what else is worth knowing before the launch. */
export function Checks({ e }: { e: Estimate }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const channels = Object.entries(e.channels).sort((a, b) => b[1] - a[1]);
  const refused = Object.entries(e.refused).filter(([, n]) => n > 0);
  return (
    <List size="sm" spacing={6} center styles={{ itemWrapper: { alignItems: "flex-start" } }}>
      {channels.map(([channel, n]) => (
        <Check key={channel} kind={n > 0 ? "good" : "warn"}>
          {t("launch.check.channel", { channel: t(`launch.channel.${channel}`, channel), count: n, n: number(n) })}
        </Check>
      ))}
      {refused.map(([reason, n]) => (
        <Check key={reason} kind="bad">
          {t(`launch.check.${reason}`, { count: n, n: number(n) })}
        </Check>
      ))}
      {e.selected === 0 && <Check kind="warn">{t("launch.check.empty")}</Check>}
      {refused.length === 0 && e.selected > 0 && <Check kind="good">{t("launch.check.nobody")}</Check>}
      {e.capped > 0 && <Check kind="warn">{t("launch.check.capped", { count: e.capped, n: number(e.capped) })}</Check>}
      {e.zone_unknown > 0 && (
        <Check kind="warn">{t("launch.check.zone", { count: e.zone_unknown, n: number(e.zone_unknown) })}</Check>
      )}
      {(e.warnings ?? []).map((w) => (
        <Check key={w.code} kind="warn">
          {w.message[language]}
        </Check>
      ))}
      {e.unlaunched > 0 && (
        <Check kind="warn">{t("launch.check.late", { count: e.unlaunched, n: number(e.unlaunched) })}</Check>
      )}
    </List>
  );
}

function Times({ e, terms }: { e: Estimate; terms: Terms }) {
  const { t } = useTranslation();
  const zone = terms.zone || "UTC";
  const cronZone = terms.start?.zone || zone;
  const lines = [
    e.starts_at && ["starts", e.starts_at],
    e.launched_by && ["launched", e.launched_by],
    e.ends_by && ["ends", e.ends_by],
  ].filter((l): l is [string, string] => Array.isArray(l));
  return (
    <Stack gap={4}>
      {lines.map(([key, at]) => (
        <Group key={key} justify="space-between" gap="xs" wrap="nowrap" align="start">
          <Text size="sm" c="dimmed">
            {t(`launch.sum.${key}`)}
          </Text>
          <Text size="sm" ta="right">
            {moment(at, zone)}
          </Text>
        </Group>
      ))}
      {e.repetitions && e.repetitions.length > 0 && (
        <div>
          <Text size="sm" c="dimmed">
            {t("launch.sum.repetitions")}
          </Text>
          <List size="sm" data-repetitions>
            {e.repetitions.slice(0, 5).map((at) => (
              <List.Item key={at}>{moment(at, cronZone)}</List.Item>
            ))}
          </List>
        </div>
      )}
      <Text size="xs" c="dimmed">
        {t("launch.sum.zone", { zone: zoneName(terms.start?.when === "cron" ? cronZone : zone) })}
      </Text>
    </Stack>
  );
}
