import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { type ReactNode, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { type BlockerFunction, useBlocker } from "react-router";
import { createUnsaved, loses, UnsavedProvider } from "./unsaved";

/** Asks before somebody leaves a screen, or the window, where something was typed and not saved. */
export function LeaveGuard({ children }: { children: ReactNode }) {
  const [unsaved] = useState(createUnsaved);
  const dirty = useSyncExternalStore(unsaved.subscribe, unsaved.any);
  const blocker = useBlocker(
    useCallback<BlockerFunction>(
      ({ currentLocation, nextLocation }) => unsaved.any() && loses(currentLocation, nextLocation),
      [unsaved],
    ),
  );
  const blocked = blocker.state === "blocked";
  useEffect(() => {
    // The window that held it was closed by the very click that leads away.
    if (blocked && !dirty) blocker.proceed();
  }, [blocker, blocked, dirty]);
  useEffect(() => {
    if (!dirty) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);
  return (
    <UnsavedProvider value={unsaved}>
      {children}
      <AskToLeave opened={blocked && dirty} stay={() => blocker.reset?.()} leave={() => blocker.proceed?.()} />
    </UnsavedProvider>
  );
}

interface Props {
  opened: boolean;
  stay: () => void;
  leave: () => void;
}

/** The question whether what was typed may be lost. */
export function AskToLeave({ opened, stay, leave }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={stay} title={t("parts.leave.title")} withCloseButton={false} size="sm" zIndex={310}>
      <Stack>
        <Text size="sm">{t("parts.leave.text")}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={stay} data-autofocus>
            {t("parts.leave.stay")}
          </Button>
          <Button color="red" onClick={leave}>
            {t("parts.leave.go")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
