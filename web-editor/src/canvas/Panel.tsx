import { ActionIcon, Alert, Button, CloseButton, Group, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconArrowRight, IconPlus, IconTrash } from "@tabler/icons-react";
import { memo, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useShallow } from "zustand/react/shallow";
import { useActions } from "./actions";
import { useAsk, useEditor, useUi, useWorkbench } from "./context";
import { Fields } from "./fields/Fields";
import { FormProvider, inConfig } from "./fields/model";
import { type Block, blockOf } from "./logic/document";
import { changeBlock, configure, nameOf, nothing } from "./logic/edit";
import { family } from "./logic/outcomes";
import { linkName } from "./logic/words";
import { useTypeNames } from "./names";
import { Preview } from "./preview/Preview";
import { inWords } from "./types";

/** The block whose settings are open: the one that is selected alone, unless they were closed. */
export function useOpenBlock(): string | null {
  const only = useEditor((s) =>
    s.selection.blocks.size === 1 && s.selection.notes.size === 0 ? [...s.selection.blocks][0] : undefined,
  );
  const closed = useUi((u) => u.closed);
  return only && only !== closed ? only : null;
}

/** The settings of a block. */
export function Panel({ id }: { id: string }) {
  const block = useEditor((s) => blockOf(s.scheme, id));
  return block ? <Settings key={id} block={block} /> : null;
}

/** Where a block stands is none of its settings: while it is dragged they stay as they are. */
const Settings = memo(Form, ({ block: a }, { block: b }) => a.name === b.name && a.config === b.config);

function Form({ block }: { block: Block }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const typeName = useTypeNames()(block.type);
  const type = w.types.get(block.type);
  const { begin, end, change } = w.editor.getState();
  const wrong = useWrong(block.id);
  const form = useMemo(() => ({ type: block.type, wrong, readOnly: w.readOnly }), [block.type, wrong, w.readOnly]);
  useEffect(() => end, [end]);
  return (
    <Stack gap="sm" p="md" onFocus={begin} onBlur={end} data-panel>
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} size="h5">
          {typeName}
        </Title>
        <CloseButton aria-label={t("parts.close")} onClick={() => w.ui.setState({ closed: block.id })} />
      </Group>
      {wrong.get("") && (
        <Alert color="yellow" p="xs" style={{ whiteSpace: "pre-line" }}>
          {wrong.get("")}
        </Alert>
      )}
      <TextInput
        label={t("canvas.field.name")}
        description={t("canvas.field.nameHint")}
        value={block.name}
        maxLength={200}
        readOnly={w.readOnly}
        onChange={(e) => {
          const name = e.currentTarget.value;
          change((s) => changeBlock(s, block.id, { name }));
        }}
      />
      <FormProvider value={form}>
        <Fields
          fields={type?.fields ?? []}
          values={block.config}
          set={(config) => change((s) => configure(s, block.id, config))}
        />
      </FormProvider>
      <Preview block={block} />
      <Links block={block} />
    </Stack>
  );
}

/** What was found in a block, by its place in the settings; of the block as a whole under "". */
function useWrong(id: string): ReadonlyMap<string, string> {
  const findings = useUi((u) => u.findings);
  const n = useEditor((s) => s.scheme.nodes.findIndex((b) => b.id === id));
  return useMemo(() => {
    const out = new Map<string, string>();
    for (const f of findings) {
      if (f.node !== id || f.link) continue;
      const at = inConfig(f.field, n) ?? "";
      out.set(at, [out.get(at), inWords(f)].filter(Boolean).join("\n"));
    }
    return out;
  }, [findings, id, n]);
}

/** Where a block leads, in words, for those who do not draw with a mouse. */
export function Links({ block }: { block: Block }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const ask = useAsk();
  const typeName = useTypeNames();
  const links = useEditor((s) => s.scheme.links).filter((l) => l.from === block.id);
  const ids = useEditor(useShallow((s) => s.scheme.nodes.map((n) => n.id)));
  const names = useEditor(useShallow((s) => s.scheme.nodes.map((n) => nameOf(s.scheme, n.id, typeName))));
  const others = ids.flatMap((value, i) => (value === block.id ? [] : [{ value, label: names[i] ?? value }]));
  const drop = (id: string) => act.remove({ ...nothing, links: new Set([id]) });
  return (
    <Stack gap="xs" mt="sm">
      <Text fw={600} size="sm">
        {t("canvas.links.title")}
      </Text>
      {links.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("canvas.links.none")}
        </Text>
      )}
      {links.map((l) => (
        <Group key={l.id} gap={4} wrap="nowrap">
          <Button
            variant="default"
            size="compact-sm"
            justify="flex-start"
            style={{ flex: 1, minWidth: 0, color: `var(--link-${family(l.type)})` }}
            rightSection={<IconArrowRight size={14} aria-hidden />}
            onClick={() => ask({ ask: "link", from: l.from, to: l.to, change: l.id })}
          >
            {linkName(l, t, block)}
          </Button>
          <Button variant="subtle" size="compact-sm" maw={130} onClick={() => act.show(l.to)}>
            {names[ids.indexOf(l.to)] ?? l.to}
          </Button>
          {!w.readOnly && (
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t("canvas.links.remove", { name: linkName(l, t, block) })}
              onClick={() => drop(l.id)}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!w.readOnly && (
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => ask({ ask: "block", from: block.id })}
          >
            {t("canvas.links.add")}
          </Button>
          <Select
            aria-label={t("canvas.links.to")}
            placeholder={t("canvas.links.to")}
            size="xs"
            searchable
            value={null}
            data={others}
            onChange={(to) => to && act.connect(block.id, to)}
            style={{ flex: 1 }}
          />
        </Group>
      )}
    </Stack>
  );
}
