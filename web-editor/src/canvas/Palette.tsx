import { Button, Drawer, ScrollArea, Stack, Text, Title } from "@mantine/core";
import { IconNote } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useActions } from "./actions";
import { useEditor, useUi, useWorkbench } from "./context";
import { suits } from "./logic/fresh";
import { lookOf } from "./look";
import { useTypeNames } from "./names";
import type { BlockType } from "./types";
import { carried } from "./ui";

/** The types of blocks that this scheme may have: messages first. */
export function useTypes(): { messages: BlockType[]; others: BlockType[] } {
  const { types } = useWorkbench();
  const kind = useEditor((s) => s.scheme.kind);
  const all = [...types.values()].filter((t) => suits(t, kind));
  const message = (t: BlockType) => t.fields.some((f) => f.name === "sender");
  return { messages: all.filter(message), others: all.filter((t) => !message(t)) };
}

/** The column from which blocks are dragged or clicked onto the canvas. */
export function Palette() {
  const { t } = useTranslation();
  return (
    <ScrollArea h="100%" type="auto" p="sm" component="nav" aria-label={t("canvas.palette.label")}>
      <Content />
    </ScrollArea>
  );
}

/** The same, where there is no room for a column. */
export function PaletteDrawer() {
  const { t } = useTranslation();
  const { ui } = useWorkbench();
  const opened = useUi((u) => u.palette);
  return (
    <Drawer
      opened={opened}
      onClose={() => ui.setState({ palette: false })}
      title={t("canvas.palette.label")}
      size="xs"
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      <Content />
    </Drawer>
  );
}

function Content() {
  const { t } = useTranslation();
  const act = useActions();
  const { ui } = useWorkbench();
  const { messages, others } = useTypes();
  return (
    <Stack gap="xs">
      <Title order={2} size="h6">
        {t("canvas.palette.messages")}
      </Title>
      {messages.map((b) => (
        <Piece key={b.type} type={b.type} />
      ))}
      <Title order={2} size="h6" mt="xs">
        {t("canvas.palette.others")}
      </Title>
      {others.map((b) => (
        <Piece key={b.type} type={b.type} />
      ))}
      <Button
        variant="subtle"
        color="gray"
        c="var(--mantine-color-text)"
        justify="flex-start"
        leftSection={<IconNote size={18} aria-hidden />}
        onClick={() => {
          act.note();
          ui.setState({ palette: false });
        }}
      >
        {t("canvas.note.add")}
      </Button>
      <Text size="xs" c="dimmed">
        {t("canvas.palette.hint")}
      </Text>
    </Stack>
  );
}

function Piece({ type }: { type: string }) {
  const act = useActions();
  const name = useTypeNames()(type);
  const { icon: Icon, color } = lookOf(type);
  return (
    <Button
      variant="default"
      justify="flex-start"
      fw={500}
      px="sm"
      leftSection={<Icon size={18} color={`var(--mantine-color-${color}-6)`} aria-hidden />}
      draggable
      data-piece={type}
      onDragStart={(e) => {
        e.dataTransfer.setData(carried, type);
        e.dataTransfer.effectAllowed = "copy";
      }}
      onClick={() => act.addBlock(type)}
    >
      {name}
    </Button>
  );
}
