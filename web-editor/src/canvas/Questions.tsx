import { Alert, Button, Group, Kbd, Modal, Select, SimpleGrid, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useActions } from "./actions";
import { fixedOutcomes, useAsk, useEditor, useUi, useWorkbench } from "./context";
import { sheet } from "./keys";
import { blockOf, type Link } from "./logic/document";
import { nameOf, nothing } from "./logic/edit";
import { freeOutcomes } from "./logic/outcomes";
import { linkName } from "./logic/words";
import { lookOf } from "./look";
import { useTypeNames } from "./names";
import { OutcomeChoice } from "./OutcomeChoice";
import { useTypes } from "./Palette";

/** The dialogs over the canvas, all but publishing. */
export function Questions() {
  const { t } = useTranslation();
  const ask = useAsk();
  const q = useUi((u) => u.question);
  const close = () => ask(null);
  const shared = { opened: true, onClose: close, closeButtonProps: { "aria-label": t("parts.close") } };
  if (q?.ask === "link")
    return (
      <Modal {...shared} title={t(q.change ? "canvas.choose.change" : "canvas.choose.link")}>
        <LinkQuestion key={q.change} {...q} close={close} />
      </Modal>
    );
  if (q?.ask === "block")
    return (
      <Modal {...shared} title={t(q.insert ? "canvas.choose.insert" : "canvas.choose.next")} size="lg">
        <BlockQuestion {...q} close={close} />
      </Modal>
    );
  if (q?.ask === "keys")
    return (
      <Modal {...shared} title={t("canvas.keys.title")} size="lg">
        <Keys />
      </Modal>
    );
  if (q?.ask === "find")
    return (
      <Modal {...shared} title={t("canvas.find.title")}>
        <Find close={close} />
      </Modal>
    );
  return null;
}

function LinkQuestion({ from, to, change, close }: { from: string; to: string; change?: string; close: () => void }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const ask = useAsk();
  const scheme = useEditor((s) => s.scheme);
  const typeName = useTypeNames();
  const block = blockOf(scheme, from);
  const now = scheme.links.find((l) => l.id === change);
  if (!block || (change && !now)) return <Text>{t("canvas.choose.gone")}</Text>;
  const name = (id: string) => nameOf(scheme, id, typeName);
  const take = (o: Pick<Link, "type" | "value">) => {
    if (change) act.relink(change, o);
    else act.link(from, to, o);
    close();
  };
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {name(from)} → {name(to)}
      </Text>
      {w.readOnly ? (
        <Text>{now && linkName(now, t, block)}</Text>
      ) : (
        <OutcomeChoice
          block={block}
          outcomes={freeOutcomes(scheme, block, fixedOutcomes(w.types, block), change)}
          now={now}
          take={take}
        />
      )}
      {change && !w.readOnly && (
        <Select
          label={t("canvas.choose.end")}
          searchable
          allowDeselect={false}
          data={scheme.nodes.filter((n) => n.id !== from).map((n) => ({ value: n.id, label: name(n.id) }))}
          value={to}
          onChange={(end) => {
            if (!end || end === to) return;
            act.reconnect(change, from, end);
            close();
          }}
        />
      )}
      {change && !w.readOnly && (
        <Group justify="space-between" mt="sm">
          <Button variant="default" onClick={() => ask({ ask: "block", insert: change })}>
            {t("canvas.choose.insert")}
          </Button>
          <Button
            color="red"
            variant="light"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => {
              act.remove({ ...nothing, links: new Set([change]) });
              close();
            }}
          >
            {t("canvas.choose.remove")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** First by which outcome, then which block; the outcome is not asked for where there is only one. */
function BlockQuestion({
  from,
  at,
  insert,
  close,
}: {
  from?: string;
  at?: { x: number; y: number };
  insert?: string;
  close: () => void;
}) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const scheme = useEditor((s) => s.scheme);
  const block = from ? blockOf(scheme, from) : undefined;
  const free = block ? freeOutcomes(scheme, block, fixedOutcomes(w.types, block)) : [];
  const single = free.length === 1 && !free[0]?.any ? free[0] : undefined;
  const [by, setBy] = useState<Pick<Link, "type" | "value"> | undefined>(single);
  const { messages, others } = useTypes();
  if (from && !free.length) return <Alert color="yellow">{t("canvas.choose.none")}</Alert>;
  if (block && !by) return <OutcomeChoice block={block} outcomes={free} take={setBy} />;
  const take = (type: string) => {
    close();
    if (insert) act.insert(type, insert);
    else if (from && by) act.follow(type, from, by, at);
    else act.addBlock(type, at);
  };
  return (
    <Stack>
      {by && (
        <Text size="sm" c="dimmed">
          {t("canvas.choose.after", { name: linkName(by, t, block) })}
        </Text>
      )}
      <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="xs">
        {[...messages, ...others].map((b, i) => (
          <Kind key={b.type} type={b.type} take={() => take(b.type)} first={i === 0} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function Kind({ type, take, first }: { type: string; take: () => void; first: boolean }) {
  const name = useTypeNames()(type);
  const { icon: Icon, color } = lookOf(type);
  return (
    <Button
      variant="default"
      justify="flex-start"
      px="sm"
      fw={500}
      data-autofocus={first || undefined}
      onClick={take}
      leftSection={<Icon size={18} color={`var(--mantine-color-${color}-6)`} aria-hidden />}
    >
      {name}
    </Button>
  );
}

function Keys() {
  const { t } = useTranslation();
  return (
    <Table>
      <Table.Tbody>
        {sheet.map(([what, ...keys]) => (
          <Table.Tr key={what}>
            <Table.Td>{t(`canvas.keys.${what}`)}</Table.Td>
            <Table.Td>
              <Group gap={4}>
                {keys.map((k) => (
                  <Kbd key={k}>{k}</Kbd>
                ))}
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Find({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const act = useActions();
  const scheme = useEditor((s) => s.scheme);
  const typeName = useTypeNames();
  const [text, setText] = useState("");
  const wanted = text.trim().toLocaleLowerCase();
  const found = scheme.nodes
    .filter((n) => `${n.name} ${typeName(n.type)} ${JSON.stringify(n.config)}`.toLocaleLowerCase().includes(wanted))
    .slice(0, 12);
  const go = (id: string) => {
    close();
    act.show(id);
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (found[0]) go(found[0].id);
      }}
    >
      <Stack gap="xs">
        <TextInput
          type="search"
          label={t("canvas.find.label")}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          data-autofocus
        />
        {found.length === 0 && <Text c="dimmed">{t("canvas.find.none")}</Text>}
        {found.map((n) => (
          <Button key={n.id} variant="default" justify="flex-start" onClick={() => go(n.id)}>
            {nameOf(scheme, n.id, typeName)}
          </Button>
        ))}
      </Stack>
    </form>
  );
}
