import { Alert, Button, Group, List, Modal, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, once, take } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { when } from "../parts/dates";
import { wordsOf } from "../parts/tell";
import { Details } from "../versions/Changes";
import { useEditor, useWorkbench } from "./context";
import { type DraftState, type Conflict as Met, readDraft } from "./draft";
import { type Change, changesOf } from "./logic/difference";
import { drawable } from "./logic/readable";
import { useTypeNames } from "./names";

type Difference = components["schemas"]["Difference"];

/** Somebody else saved meanwhile: shows what both did, and lets a person choose. Nothing is written over silently. */
export function Conflict({ scheme, draft }: { scheme: string; draft: DraftState }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={draft.state === "conflict"}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t("canvas.conflict.title")}
      size="lg"
    >
      {draft.conflict && <Content scheme={scheme} met={draft.conflict} draft={draft} />}
    </Modal>
  );
}

function Content({ scheme, met, draft }: { scheme: string; met: Met; draft: DraftState }) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  const { editor } = useWorkbench();
  const go = useNavigate();
  const [busy, setBusy] = useState("");
  const [wrong, setWrong] = useState("");
  const mine = () => editor.getState().scheme;
  const theirs = async () => {
    const now = await readDraft(scheme);
    const document = drawable(now.document);
    if (!document) throw new Error(t("canvas.unreadable"));
    draft.resolve(document, now.revision, true);
    editor.getState().load(document);
  };
  const choices: Record<string, () => Promise<void>> = {
    copy: async () => {
      const name = t("canvas.conflict.copyOf", { name: mine().name });
      const made = await take(
        api.POST("/api/v1/schemes", { params: { header: once() }, body: { document: { ...mine(), name } as never } }),
      );
      await theirs();
      go(`/cascades/${made.id}`);
    },
    theirs,
    mine: async () => draft.resolve(mine(), met.revision, false),
  };
  const choose = async (which: string) => {
    setBusy(which);
    setWrong("");
    try {
      await choices[which]?.();
    } catch (error) {
      setWrong(wordsOf(error));
    } finally {
      setBusy("");
    }
  };
  return (
    <Stack>
      <Text size="sm">{t("canvas.conflict.text", { who: met.by.name, when: when(met.at, zone) })}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Side title={t("canvas.conflict.yours")} difference={met.yours} />
        <Side title={t("canvas.conflict.theirs", { who: met.by.name })} difference={met.theirs} />
      </SimpleGrid>
      {met.both.length > 0 && <Alert color="yellow">{t("canvas.conflict.both", { count: met.both.length })}</Alert>}
      {wrong && (
        <Alert color="red" role="alert">
          {wrong}
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        {[
          ["mine", "red", "light"],
          ["theirs", "gray", "default"],
          ["copy", "indigo", "filled"],
        ].map(([which = "", color, variant]) => (
          <Button
            key={which}
            color={color}
            variant={variant}
            loading={busy === which}
            disabled={busy !== "" && busy !== which}
            onClick={() => choose(which)}
            data-autofocus={which === "copy" || undefined}
          >
            {t(`canvas.conflict.choose.${which}`)}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}

function Side({ title, difference }: { title: string; difference?: Difference }) {
  const { t } = useTranslation();
  const typeName = useTypeNames();
  const scheme = useEditor((s) => s.scheme);
  const { types } = useWorkbench();
  const changes: Change[] = difference ? changesOf(difference, scheme, typeName) : [];
  return (
    <Stack gap={4}>
      <Title order={3} size="h6">
        {title}
      </Title>
      {changes.length === 0 && (
        <Text size="sm" c="dimmed">
          {t(difference ? "canvas.conflict.nothing" : "canvas.conflict.unknown")}
        </Text>
      )}
      <List size="sm">
        {changes.slice(0, 20).map((c) => (
          <List.Item key={`${c.what} ${c.name}`}>{t(`canvas.change.${c.what}`, { name: c.name })}</List.Item>
        ))}
      </List>
      {difference?.nodes.changed.slice(0, 20).map((x) => (
        <Details key={x.id} id={x.id} fields={x.fields} scheme={scheme} types={types} />
      ))}
      {changes.length > 20 && <Text size="sm">{t("canvas.conflict.more", { count: changes.length - 20 })}</Text>}
    </Stack>
  );
}
