import { ActionIcon, Alert, Button, FileButton, Group, Image, Progress, Stack, Text, TextInput } from "@mantine/core";
import { IconFolder, IconMicrophone, IconUpload, IconX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Sending } from "../../api/send";
import { useSession } from "../../app/session";
import { Choose, Player } from "../../files/Choose";
import { accepted, contentOf, isAddress, type Kind, most, type Stored } from "../../files/model";
import { filesKey, upload, useNamed } from "../../files/queries";
import { Recorder } from "../../files/Recorder";
import { wordsOf } from "../../parts/tell";
import { useWordsOf } from "../names";
import { type FieldProps, useForm } from "./model";

/** A picture or a sound: its stored name or an address, chosen, uploaded, dropped or recorded. */
export function FileField({ field, at, value, set, kind }: FieldProps & { kind: Kind }) {
  const { t } = useTranslation();
  const say = useWordsOf();
  const { may } = useSession();
  const { wrong, readOnly } = useForm();
  const [choosing, setChoosing] = useState(false);
  const [recording, setRecording] = useState(false);
  const sending = useSending(kind, (f) => {
    setRecording(false);
    set(f.name);
  });
  const text = typeof value === "string" ? value : "";
  const label = say(field.label);
  const brings = !readOnly && may("schemes:write");
  const take = (f: Stored) => {
    setChoosing(false);
    set(f.name);
  };
  return (
    <Stack gap={6} role="group" aria-label={label} {...(brings ? sending.drop : {})}>
      <TextInput
        label={label}
        description={readOnly ? undefined : t(`files.field.${kind}`)}
        required={field.required}
        error={wrong.get(at)}
        readOnly={readOnly}
        value={text}
        onChange={(e) => set(e.currentTarget.value)}
        rightSection={
          text &&
          !readOnly && (
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={() => set(undefined)}
              aria-label={t("files.field.clear")}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          )
        }
      />
      <Preview text={text} kind={kind} />
      {sending.wrong && (
        <Alert color="red" role="alert" p="xs">
          {sending.wrong}
        </Alert>
      )}
      {sending.share !== null && (
        <Group wrap="nowrap" gap="xs">
          <Progress value={sending.share * 100} style={{ flex: 1 }} aria-label={t("files.field.sending")} />
          <Button size="compact-xs" variant="default" onClick={sending.stop}>
            {t("parts.cancel")}
          </Button>
        </Group>
      )}
      {recording && brings && <Recorder keep={sending.send} close={() => setRecording(false)} />}
      {!readOnly && !recording && (
        <Group gap={6}>
          <Button
            size="xs"
            px={8}
            variant="default"
            leftSection={<IconFolder size={14} aria-hidden />}
            onClick={() => setChoosing(true)}
          >
            {t("files.field.choose")}
          </Button>
          {brings && (
            <FileButton
              accept={accepted[kind]}
              onChange={(f) => f && sending.send(f, f.name)}
              inputProps={{ "aria-label": t("files.field.uploadOf", { label }) }}
            >
              {(p) => (
                <Button {...p} size="xs" px={8} variant="default" leftSection={<IconUpload size={14} aria-hidden />}>
                  {t("files.field.upload")}
                </Button>
              )}
            </FileButton>
          )}
          {brings && kind === "audio" && (
            <Button
              size="xs"
              px={8}
              variant="default"
              leftSection={<IconMicrophone size={14} aria-hidden />}
              onClick={() => setRecording(true)}
            >
              {t("files.field.record")}
            </Button>
          )}
        </Group>
      )}
      <Choose kind={kind} opened={choosing} close={() => setChoosing(false)} choose={take} />
    </Stack>
  );
}

/** What the value stands for, to be seen or heard. What lies elsewhere is not fetched: nothing here leaves for other hosts. */
function Preview({ text, kind }: { text: string; kind: Kind }) {
  const { t } = useTranslation();
  const stored = useNamed(text, kind);
  if (isAddress(text))
    return (
      <Text size="xs" c="dimmed">
        {t("files.field.elsewhere")}
      </Text>
    );
  if (stored === null)
    return (
      <Text size="xs" c="red">
        {t("files.field.missing", { name: text })}
      </Text>
    );
  if (!stored) return null;
  if (kind === "audio") return <Player src={contentOf(stored)} name={stored.name} />;
  return <Image src={contentOf(stored)} alt={stored.name} mah={160} w="auto" maw="100%" fit="contain" radius="sm" />;
}

/** Sends files one at a time: by a button, by a recorder, or dropped. */
function useSending(kind: Kind, done: (f: Stored) => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [share, setShare] = useState<number | null>(null);
  const [wrong, setWrong] = useState("");
  const running = useRef<Sending<Stored> | null>(null);
  // Who leaves the form wants no file sent behind it.
  useEffect(() => () => running.current?.stop(), []);
  const send = async (file: Blob, name: string) => {
    if (running.current) return;
    const mib = most[kind] >> 20;
    if (file.size > most[kind]) return setWrong(t("files.field.large", { max: mib }));
    setWrong("");
    setShare(0);
    try {
      running.current = upload(file, name, setShare);
      const made = await running.current.done;
      await queries.invalidateQueries({ queryKey: filesKey });
      if (made.kind === kind) done(made);
      else setWrong(t(`files.field.other.${kind}`, { name: made.name }));
    } catch (error) {
      if (!(error instanceof DOMException)) setWrong(wordsOf(error));
    }
    running.current = null;
    setShare(null);
  };
  const drop = {
    onDragOver: (e: DragEvent) => {
      if (e.dataTransfer.types.includes("Files")) e.preventDefault();
    },
    onDrop: (e: DragEvent) => {
      const [file] = e.dataTransfer.files;
      if (!file) return;
      e.preventDefault();
      send(file, file.name);
    },
  };
  return { share, wrong, send, stop: () => running.current?.stop(), drop };
}
