import { Alert, Button, FileButton, Group, Progress, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconFileSpreadsheet } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useSession } from "../../app/session";
import { useParam } from "../../parts/ListFrame";
import { wordsOf } from "../../parts/tell";
import { percent } from "../campaigns/format";
import { ContactsArea } from "../contacts/Area";
import classes from "./imports.module.css";
import { importKey, importsKey, kindOf, kinds } from "./model";
import { type Upload, upload } from "./upload";

/** Takes a file: chosen, or dropped. It becomes a draft, and nothing is imported yet. */
export function NewImport() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [chosen, setKind] = useParam("kind", "contacts");
  const open = kinds.filter((k) => may(k === "stop_list" ? "stops:write" : "contacts:write"));
  const kind = open.find((k) => k === kindOf(chosen)) ?? open[0] ?? "contacts";
  return (
    <ContactsArea>
      <Stack maw={720}>
        <Text>{t("imports.new.text")}</Text>
        {open.length > 1 && (
          <SegmentedControl
            aria-label={t("imports.kind.label")}
            value={kind}
            onChange={setKind}
            data={open.map((value) => ({ value, label: t(`imports.kind.${value}`) }))}
            style={{ alignSelf: "flex-start" }}
          />
        )}
        <Text size="sm" c="dimmed">
          {t(`imports.new.${kind}`)}
        </Text>
        <Drop kind={kind} />
      </Stack>
    </ContactsArea>
  );
}

function Drop({ kind }: { kind: ReturnType<typeof kindOf> }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const queries = useQueryClient();
  const [over, setOver] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const [wrong, setWrong] = useState("");
  const running = useRef<Upload | null>(null);
  // Who leaves the screen wants no file sent behind it.
  useEffect(() => () => running.current?.stop(), []);
  const send = async (file: File | null | undefined) => {
    if (!file || running.current) return;
    setWrong("");
    setShare(0);
    try {
      running.current = upload(file, kind, setShare);
      const made = await running.current.done;
      queries.setQueryData(importKey(made.id), made);
      queries.invalidateQueries({ queryKey: [...importsKey, "list"] });
      go(`/contacts/imports/${made.id}`);
    } catch (error) {
      if (!(error instanceof DOMException)) setWrong(wordsOf(error));
    } finally {
      running.current = null;
      setShare(null);
    }
  };
  const drag = {
    onDragOver: (e: DragEvent) => {
      e.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (e: DragEvent) => {
      e.preventDefault();
      setOver(false);
      void send(e.dataTransfer.files[0]);
    },
  };
  return (
    <>
      <section className={classes.drop} data-over={over || undefined} aria-label={t("imports.new.drop")} {...drag}>
        <IconFileSpreadsheet size={44} stroke={1.2} aria-hidden />
        {share === null ? (
          <>
            <Text ta="center">{t("imports.new.drop")}</Text>
            <FileButton
              onChange={(f) => void send(f)}
              accept=".csv,.tsv,.txt,.xlsx"
              inputProps={{ "aria-label": t("imports.new.choose") }}
            >
              {(p) => <Button {...p}>{t("imports.new.choose")}</Button>}
            </FileButton>
            <Text size="xs" c="dimmed" ta="center">
              {t("imports.new.limits")}
            </Text>
          </>
        ) : (
          <Stack w="100%" maw={360} gap="xs">
            <Group justify="space-between">
              <Text size="sm">{t("imports.new.sending")}</Text>
              <Text size="sm" c="dimmed">
                {percent(share)}
              </Text>
            </Group>
            <Progress value={share * 100} animated={share === 1} aria-label={t("imports.new.sending")} />
            <Button variant="default" onClick={() => running.current?.stop()}>
              {t("parts.cancel")}
            </Button>
          </Stack>
        )}
      </section>
      {wrong && (
        <Alert color="red" role="alert">
          {wrong}
        </Alert>
      )}
    </>
  );
}
