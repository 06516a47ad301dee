import { Alert, Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { IconMicrophone, IconPlayerStopFilled } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { clock, recordingName } from "./model";
import { longest, useRecorder } from "./useRecorder";

/** Records a voice: start, stop, listen, and keep it or not. */
export function Recorder({ keep, close }: { keep: (sound: Blob, name: string) => void; close: () => void }) {
  const { t } = useTranslation();
  const r = useRecorder();
  const [heard, setHeard] = useState("");
  useEffect(() => {
    if (!r.made) return setHeard("");
    const address = URL.createObjectURL(r.made);
    setHeard(address);
    return () => URL.revokeObjectURL(address);
  }, [r.made]);
  const recording = r.stage === "recording";
  return (
    <Paper withBorder p="sm" role="group" aria-label={t("files.record.label")}>
      <Stack gap="xs">
        {r.wrong && (
          <Alert color="red" role="alert" p="xs">
            {t(`files.record.${r.wrong}`)}
          </Alert>
        )}
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" aria-live="polite">
            {t(`files.record.stage.${r.stage}`)}
          </Text>
          <Text size="sm" ff="monospace" role="timer">
            {t("files.record.time", { now: clock(r.seconds), most: clock(longest) })}
          </Text>
        </Group>
        {recording && <Progress value={r.level * 100} transitionDuration={80} aria-label={t("files.record.level")} />}
        {heard && (
          // biome-ignore lint/a11y/useMediaCaption: it is the voice that was just spoken
          <audio controls src={heard} aria-label={t("files.record.heard")} style={{ width: "100%" }} />
        )}
        <Group gap="xs">
          {recording ? (
            <Button
              size="xs"
              color="red"
              leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
              onClick={r.stop}
              data-autofocus
            >
              {t("files.record.stop")}
            </Button>
          ) : (
            <Button
              size="xs"
              variant={r.made ? "default" : "filled"}
              leftSection={<IconMicrophone size={14} aria-hidden />}
              loading={r.stage === "asking"}
              onClick={r.start}
            >
              {t(r.made ? "files.record.again" : "files.record.start")}
            </Button>
          )}
          {r.made && (
            <Button size="xs" onClick={() => r.made && keep(r.made, recordingName(t("files.record.word"), new Date()))}>
              {t("files.record.keep")}
            </Button>
          )}
          <Button size="xs" variant="subtle" color="gray" c="var(--mantine-color-text)" onClick={close}>
            {t(r.made ? "files.record.drop" : "parts.cancel")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
