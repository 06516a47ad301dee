import { Alert, Anchor, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { useLive } from "../../api/live";
import type { components } from "../../api/schema";
import { Failure } from "../../parts/Failure";
import { tell } from "../../parts/tell";
import { number } from "../campaigns/format";
import { fileSize } from "./model";

export type Task = components["schemas"]["Task"];
const over = (task?: Task) => task !== undefined && task.state !== "waiting" && task.state !== "running";

/** A task, as it is now. */
export function useTask(id: string) {
  const queries = useQueryClient();
  const key = ["task", id];
  const task = useQuery({
    queryKey: key,
    queryFn: () => take(api.GET("/api/v1/tasks/{task}", { params: { path: { task: id } } })),
    enabled: id !== "",
  });
  const ended = over(task.data);
  useLive<Task>(
    id && task.isSuccess && !ended ? `/api/v1/tasks/${id}/events` : null,
    (now) => queries.setQueryData(key, now),
    "task",
  );
  return { ...task, ended };
}

interface Props {
  id: string;
  /** Called once, when the task has ended. */
  done?: (task: Task) => void;
  /** Says what came of it, above its files. */
  result?: (task: Task) => ReactNode;
}

/** A task under way: how far it is, a way to end it, and then what came of it. */
export function TaskBox({ id, done, result }: Props) {
  const { t } = useTranslation();
  const task = useTask(id);
  const told = useRef(false);
  const latest = useRef(done);
  latest.current = done;
  const { ended, data } = task;
  useEffect(() => {
    if (!ended || !data || told.current) return;
    told.current = true;
    latest.current?.(data);
  }, [ended, data]);
  if (task.isError) return <Failure error={task.error} again={() => task.refetch()} />;
  if (!data) return <Progress value={100} animated aria-label={t("parts.loading")} />;
  return (
    <Stack data-task={data.state}>
      {ended ? <Outcome task={data} /> : <Running task={data} />}
      {ended && result?.(data)}
      {data.files.map((f) => (
        <Group key={f.name} gap="xs">
          <Button
            component="a"
            href={`/api/v1/tasks/${data.id}/files/${encodeURIComponent(f.name)}`}
            download={f.name}
            leftSection={<IconDownload size={16} aria-hidden />}
            variant="light"
          >
            {t("imports.task.download", { name: f.name })}
          </Button>
          <Text size="sm" c="dimmed">
            {fileSize(f.size)} · {t("imports.task.week")}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

function Running({ task }: { task: Task }) {
  const { t, i18n } = useTranslation();
  const { done, total, step } = task.progress;
  const share = total > 0 ? Math.min(100, (100 * done) / total) : 100;
  const known = step && i18n.exists(`imports.task.step.${step}`);
  const name = known ? t(`imports.task.step.${step}`) : t(`imports.task.state.${task.state}`);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" role="status">
          {task.cancelling ? t("imports.task.cancelling") : name}
        </Text>
        {total > 0 && (
          <Text size="sm" c="dimmed">
            {t("imports.task.done", { done: number(done), total: number(total) })}
          </Text>
        )}
      </Group>
      <Progress value={share} animated={total === 0} aria-label={name} />
      <Group justify="flex-end">
        <Button
          variant="default"
          disabled={task.cancelling}
          onClick={() =>
            void api.POST("/api/v1/tasks/{task}/cancel", { params: { path: { task: task.id } } }).catch(tell)
          }
        >
          {t("imports.task.cancel")}
        </Button>
      </Group>
    </Stack>
  );
}

const colors = { done: "green", failed: "red", cancelled: "yellow" } as const;

function Outcome({ task }: { task: Task }) {
  const { t } = useTranslation();
  const state = task.state as keyof typeof colors;
  return (
    <Alert color={colors[state]} role="status" title={t(`imports.task.state.${state}`)}>
      {task.error?.message}
    </Alert>
  );
}

/** A link to what is there to download. */
export function FileLink({ task, name }: { task: string; name: string }) {
  return (
    <Anchor href={`/api/v1/tasks/${task}/files/${encodeURIComponent(name)}`} download={name} size="sm">
      {name}
    </Anchor>
  );
}
