import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../api/client";
import { told, wordsOf } from "../parts/tell";
import { useAsk, useUi } from "./context";
import { type DraftState, etag } from "./draft";
import { useCounts } from "./Findings";

/** Makes a version of the draft, with a note of what is new. */
export function Publish({ scheme, draft }: { scheme: string; draft: DraftState }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const opened = useUi((u) => u.question?.ask === "publish");
  return (
    <Modal
      opened={opened}
      onClose={() => ask(null)}
      title={t("canvas.publish.title")}
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      {opened && <Content scheme={scheme} draft={draft} close={() => ask(null)} />}
    </Modal>
  );
}

function Content({ scheme, draft, close }: { scheme: string; draft: DraftState; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { warnings, errors } = useCounts();
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  // The key is of this dialog: a second try after a lost answer makes no second version.
  const [key] = useState(once);
  const publish = async () => {
    setBusy(true);
    setWrong("");
    try {
      const version = await take(
        api.POST("/api/v1/schemes/{scheme}/publish", {
          params: { path: { scheme }, header: { ...key, "If-Match": etag(draft.revision) } },
          body: { note: note.trim() || undefined },
        }),
      );
      told(t("canvas.publish.done", { number: version.number ?? 1 }));
      queries.invalidateQueries({ queryKey: ["schemes"] });
      queries.invalidateQueries({ queryKey: ["scheme", scheme] });
      close();
    } catch (error) {
      setWrong(wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack>
      <Text size="sm">{t("canvas.publish.text")}</Text>
      {warnings > 0 && <Alert color="yellow">{t("canvas.publish.warnings", { count: warnings })}</Alert>}
      {wrong && (
        <Alert color="red" role="alert">
          {wrong}
        </Alert>
      )}
      <Textarea
        label={t("canvas.publish.note")}
        description={t("canvas.publish.noteHint")}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
        maxLength={1000}
        autosize
        minRows={2}
        data-autofocus
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("parts.cancel")}
        </Button>
        <Button
          onClick={publish}
          loading={busy || draft.state === "saving" || draft.state === "waiting"}
          disabled={errors > 0 || draft.state !== "saved"}
        >
          {t("canvas.publish.go")}
        </Button>
      </Group>
    </Stack>
  );
}
