import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../api/client";
import { isProblem } from "../api/problem";
import { told, wordsOf } from "../parts/tell";
import { useUnsaved } from "../parts/unsaved";
import { Dialog } from "../screens/contacts/Form";
import { Failed, type Result } from "../tryit/Results";
import { useAsk, useUi, useWorkbench } from "./context";
import { type DraftState, etag } from "./draft";
import { useCounts } from "./Findings";

/** Makes a version of the draft, with a note of what is new. */
export function Publish({ scheme, draft }: { scheme: string; draft: DraftState }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const opened = useUi((u) => u.question?.ask === "publish");
  return (
    <Dialog opened={opened} close={() => ask(null)} title={t("canvas.publish.title")}>
      {opened && <Content scheme={scheme} draft={draft} close={() => ask(null)} />}
    </Dialog>
  );
}

function Content({ scheme, draft, close }: { scheme: string; draft: DraftState; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { warnings, errors } = useCounts();
  const [note, setNote] = useState("");
  const { ui } = useWorkbench();
  const [wrong, setWrong] = useState("");
  const [failed, setFailed] = useState<Result[]>([]);
  const [busy, setBusy] = useState(false);
  // The key is of this dialog: a second try after a lost answer makes no second version.
  const [key] = useState(once);
  useUnsaved(note.trim() !== "" && !busy);
  const publish = async () => {
    setBusy(true);
    setWrong("");
    setFailed([]);
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
      if (isProblem(error, "tests_failed")) setFailed(resultsOf(error.problem.data));
      else setWrong(wordsOf(error));
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
      {failed.length > 0 && (
        <Stack gap="xs" role="alert">
          <Text size="sm" fw={600}>
            {t("tryit.tests.inPublish")}
          </Text>
          {failed.map((r) => (
            <Failed key={r.test} result={r} />
          ))}
          <Button
            size="xs"
            variant="default"
            style={{ alignSelf: "flex-start" }}
            onClick={() => {
              close();
              ui.setState({ trying: "tests" });
            }}
          >
            {t("tryit.tests.open")}
          </Button>
        </Stack>
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

const resultsOf = (data: unknown): Result[] => {
  const all = (data as { results?: Result[] } | undefined)?.results;
  return (all ?? []).filter((r) => !r.passed);
};
