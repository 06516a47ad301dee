import { ActionIcon, Box, Button, Group, Image, Modal, Paper, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { modals } from "@mantine/modals";
import { IconFileOff, IconSearch, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../api/client";
import { useSession } from "../app/session";
import { when } from "../parts/dates";
import { Empty } from "../parts/Empty";
import { Failure } from "../parts/Failure";
import { useList } from "../parts/ListFrame";
import { tell, told } from "../parts/tell";
import { contentOf, type Kind, type Stored } from "./model";
import { filesKey } from "./queries";

interface Props {
  kind: Kind;
  opened: boolean;
  close: () => void;
  choose: (f: Stored) => void;
}

/** The account's files of a kind, to choose one. */
export function Choose({ kind, opened, close, choose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t(`files.choose.${kind}`)}
      size="lg"
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      <Found kind={kind} choose={choose} />
    </Modal>
  );
}

function Found({ kind, choose }: Pick<Props, "kind" | "choose">) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 250);
  const list = useList<Stored>([...filesKey, "list", kind, search], (cursor) =>
    take(
      api.GET("/api/v1/files", {
        params: { query: { q: search || undefined, kind, limit: 30, cursor: cursor || undefined } },
      }),
    ),
  );
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Stack gap="sm">
      <TextInput
        aria-label={t("files.choose.search")}
        placeholder={t("files.choose.search")}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        onChange={(e) => setTyped(e.currentTarget.value)}
        maxLength={200}
        data-autofocus
      />
      {list.isError && <Failure error={list.error} again={() => list.refetch()} />}
      {list.isPending && <Skeleton height={120} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          icon={<IconFileOff size={40} stroke={1.2} aria-hidden />}
          title={t(`files.choose.${search ? "nothing" : "empty"}`)}
        >
          {!search && t("files.choose.emptyHint")}
        </Empty>
      )}
      <Stack gap="xs" role="list" aria-label={t(`files.choose.${kind}`)}>
        {items.map((f) => (
          <Row key={f.id} file={f} choose={choose} />
        ))}
      </Stack>
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {t("files.choose.more")}
        </Button>
      )}
    </Stack>
  );
}

function Row({ file: f, choose }: { file: Stored; choose: Props["choose"] }) {
  const { t, i18n } = useTranslation();
  const { me, may } = useSession();
  const queries = useQueryClient();
  const erase = async () => {
    await api.DELETE("/api/v1/files/{upload}", { params: { path: { upload: f.id } } });
    await queries.invalidateQueries({ queryKey: filesKey });
    told(t("files.deleted", { name: f.name }));
  };
  const ask = () =>
    modals.openConfirmModal({
      title: t("files.delete.title", { name: f.name }),
      children: <Text size="sm">{t("files.delete.text")}</Text>,
      labels: { confirm: t("parts.delete"), cancel: t("parts.cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => erase().catch(tell),
    });
  const size = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0 }).format(Math.ceil(f.size / 1024));
  return (
    <Paper withBorder p="xs" role="listitem">
      <Group gap="xs" align="center">
        {f.kind === "picture" && <Image src={contentOf(f)} alt="" w={56} h={56} fit="contain" />}
        <Stack gap={2} style={{ flex: "1 1 200px", minWidth: 0 }}>
          <Text fw={550} truncate title={f.name}>
            {f.name}
          </Text>
          <Text size="xs" c="dimmed">
            {t("files.choose.about", { size, when: when(f.made_at, me.user?.zone), who: f.made_by })}
          </Text>
        </Stack>
        <Button
          size="xs"
          variant="light"
          onClick={() => choose(f)}
          aria-label={t("files.choose.takeOf", { name: f.name })}
        >
          {t("files.choose.take")}
        </Button>
        {may("schemes:write") && (
          <ActionIcon variant="subtle" color="red" onClick={ask} aria-label={t("files.delete.of", { name: f.name })}>
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        )}
      </Group>
      {f.kind === "audio" && (
        <Box mt={6}>
          <Player src={contentOf(f)} name={f.name} />
        </Box>
      )}
    </Paper>
  );
}

/** Plays a sound; before that only its beginning is fetched. */
export function Player({ src, name }: { src: string; name: string }) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said
    <audio
      controls
      preload="metadata"
      src={src}
      aria-label={t("files.play", { name })}
      style={{ width: "100%", height: 36, minWidth: 160 }}
    />
  );
}
