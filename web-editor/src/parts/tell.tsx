import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { OfflineError, ProblemError } from "../api/problem";

/** What went wrong, in words for people. */
export function wordsOf(error: unknown): string {
  if (error instanceof OfflineError) return i18next.t("parts.offline");
  if (error instanceof ProblemError) return error.problem.errors?.[0]?.message ?? error.problem.detail;
  return error instanceof Error && error.message ? error.message : i18next.t("app.broken");
}

/** Tells of a failure in a notice that stays until it is closed. */
export function tell(error: unknown) {
  notifications.show({ color: "red", message: wordsOf(error), autoClose: false, withBorder: true });
}

/** Tells that something was done, and offers to take it back. */
export function told(message: string, undo?: () => Promise<unknown>) {
  const id = crypto.randomUUID();
  const back = () => {
    notifications.hide(id);
    undo?.().catch(tell);
  };
  notifications.show({
    id,
    withBorder: true,
    autoClose: undo ? 10_000 : 4_000,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        {undo && (
          <Button size="compact-sm" variant="light" onClick={back}>
            {i18next.t("parts.undo")}
          </Button>
        )}
      </Group>
    ),
  });
}
