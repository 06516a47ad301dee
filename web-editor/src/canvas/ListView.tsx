import { Badge, Button, Card, Container, Group, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useActions } from "./actions";
import { useAsk, useEditor, useUi, useWorkbench, worst } from "./context";
import type { Block } from "./logic/document";
import { changeNote, nothing } from "./logic/edit";
import { entries, inOrder } from "./logic/graph";
import { summary } from "./logic/summary";
import { useTypeNames } from "./names";
import { Links } from "./Panel";

/** The same scheme as a list, for those who cannot use a canvas: all can be done here as well. */
export function ListView() {
  const { t } = useTranslation();
  const { readOnly } = useWorkbench();
  const ask = useAsk();
  const scheme = useEditor((s) => s.scheme);
  const first = new Set(scheme.entry ? [scheme.entry] : entries(scheme));
  return (
    <Container size="sm" py="md" h="100%" style={{ overflowY: "auto" }}>
      <Stack component="ol" p={0} m={0} style={{ listStyle: "none" }} aria-label={t("canvas.list.label")}>
        {inOrder(scheme).map((b) => (
          <Item key={b.id} block={b} first={first.has(b.id)} />
        ))}
      </Stack>
      {scheme.nodes.length === 0 && <Text c="dimmed">{t("canvas.emptyRead")}</Text>}
      <Notes />
      {!readOnly && (
        <Button mt="md" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => ask({ ask: "block" })}>
          {t("canvas.list.add")}
        </Button>
      )}
    </Container>
  );
}

/** The comments, which stand nowhere in a list. */
function Notes() {
  const { t } = useTranslation();
  const { editor, readOnly } = useWorkbench();
  const act = useActions();
  const notes = useEditor((s) => s.scheme.editor?.notes);
  const { begin, end, change } = editor.getState();
  return notes?.map((n) => (
    <Group key={n.id} mt="md" gap="xs" wrap="nowrap" align="end">
      <Textarea
        label={t("canvas.note.label")}
        value={n.text}
        readOnly={readOnly}
        maxLength={2000}
        autosize
        onFocus={begin}
        onBlur={end}
        onChange={(e) => {
          const text = e.currentTarget.value;
          change((s) => changeNote(s, n.id, { text }));
        }}
        style={{ flex: 1 }}
      />
      {!readOnly && (
        <Button
          variant="subtle"
          color="red"
          aria-label={t("canvas.list.remove", { name: t("canvas.note.add") })}
          onClick={() => act.remove({ ...nothing, notes: new Set([n.id]) })}
        >
          <IconTrash size={14} aria-hidden />
        </Button>
      )}
    </Group>
  ));
}

function Item({ block, first }: { block: Block; first: boolean }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const typeName = useTypeNames()(block.type);
  const found = useUi((u) => worst(u.findings, "node", block.id));
  const name = block.name || typeName;
  const says = summary(block, t);
  return (
    <Card component="li" withBorder padding="sm">
      <Group justify="space-between" align="start">
        <div>
          <Title order={2} size="h5">
            {name}
          </Title>
          <Text size="sm" c="dimmed">
            {[block.name && typeName, says].filter(Boolean).join(" · ")}
          </Text>
        </div>
        <Group gap="xs">
          {first && (
            <Badge variant="light" tt="none" c="var(--mantine-color-text)">
              {t("canvas.list.entry")}
            </Badge>
          )}
          {found && (
            <Badge variant="light" tt="none" c="var(--mantine-color-text)" color={found === "error" ? "red" : "yellow"}>
              {t(`canvas.found.${found}`)}
            </Badge>
          )}
        </Group>
      </Group>
      <Links block={block} />
      <Group gap="xs" mt="sm">
        <Button
          size="xs"
          variant="light"
          leftSection={<IconPencil size={14} aria-hidden />}
          aria-label={t("canvas.list.edit", { name })}
          onClick={() => {
            w.editor.getState().select({ ...nothing, blocks: new Set([block.id]) });
            w.ui.setState({ closed: "" });
          }}
        >
          {t("canvas.list.settings")}
        </Button>
        {!w.readOnly && (
          <Button
            size="xs"
            variant="subtle"
            color="red"
            leftSection={<IconTrash size={14} aria-hidden />}
            aria-label={t("canvas.list.remove", { name })}
            onClick={() => act.remove({ ...nothing, blocks: new Set([block.id]) })}
          >
            {t("parts.delete")}
          </Button>
        )}
      </Group>
    </Card>
  );
}
