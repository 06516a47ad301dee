import { ActionIcon, Button, Group, Menu, Text, TextInput, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowLeft,
  IconBoxAlignBottom,
  IconBoxAlignLeft,
  IconBoxAlignRight,
  IconBoxAlignTop,
  IconCopy,
  IconDots,
  IconDownload,
  IconHierarchy,
  IconHistory,
  IconKeyboard,
  IconLayoutDistributeHorizontal,
  IconLayoutDistributeVertical,
  IconList,
  IconNote,
  IconPlayerPlay,
  IconPlus,
  IconRocket,
  IconSearch,
  IconSitemap,
  IconTrash,
  IconUpload,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { useStore } from "zustand";
import { LaunchLink } from "../screens/launch/LaunchLink";
import { useActions } from "./actions";
import { useEditor, useUi, useWorkbench } from "./context";
import type { DraftState } from "./draft";
import { FindingsButton, useCounts } from "./Findings";
import { useFile } from "./file";
import { SaveMark } from "./SaveMark";

/** The bar over the canvas. */
export function Toolbar({ draft, narrow }: { draft: DraftState; narrow: boolean }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const { errors } = useCounts();
  return (
    <Group
      px="sm"
      py={6}
      gap="xs"
      justify="space-between"
      role="toolbar"
      aria-label={t("canvas.toolbar")}
      style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}
    >
      <Group gap="xs" wrap="nowrap" style={{ flex: "1 1 240px", minWidth: 0 }}>
        <ActionIcon component={Link} to="/cascades" variant="subtle" color="gray" aria-label={t("canvas.back")}>
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
        <Name />
        <SaveMark draft={draft} />
      </Group>
      <Group gap={4} wrap="nowrap">
        {!w.readOnly && narrow && (
          <Tool
            label={t("canvas.palette.label")}
            on={() => w.ui.setState({ palette: true })}
            icon={<IconPlus size={18} aria-hidden />}
          />
        )}
        {!w.readOnly && <UndoRedo />}
        {!narrow && (
          <Tool
            label={t("canvas.find.title")}
            on={() => w.ui.setState({ question: { ask: "find" } })}
            icon={<IconSearch size={18} aria-hidden />}
          />
        )}
        {!narrow && !w.readOnly && (
          <Tool label={t("canvas.arrange")} on={act.arrange} icon={<IconHierarchy size={18} aria-hidden />} />
        )}
        <More narrow={narrow} draft={draft} />
        <TryButton narrow={narrow} />
        <FindingsButton narrow={narrow} />
        <LaunchLink narrow={narrow} />
        {!w.readOnly && (
          <Button
            size="xs"
            leftSection={!narrow && <IconRocket size={16} aria-hidden />}
            disabled={errors > 0}
            onClick={() => w.ui.setState({ question: { ask: "publish" } })}
          >
            {t("canvas.publish.open")}
          </Button>
        )}
      </Group>
    </Group>
  );
}

interface ToolProps {
  label: string;
  on: () => void;
  icon: ReactNode;
  disabled?: boolean;
  pressed?: boolean;
}

function Tool({ label, on, icon, disabled, pressed }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={pressed ? "light" : "subtle"}
        color="gray"
        aria-label={label}
        aria-pressed={pressed}
        onClick={on}
        disabled={disabled}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** Opens and closes the panel in which the scheme is tried. */
function TryButton({ narrow }: { narrow: boolean }) {
  const { t } = useTranslation();
  const { ui } = useWorkbench();
  const trying = useUi((u) => u.trying !== false);
  const kind = useEditor((s) => s.scheme.kind);
  if (kind !== "cascade") return null;
  const toggle = () => ui.setState({ trying: trying ? false : "walk" });
  const label = t("tryit.title");
  if (narrow)
    return <Tool label={label} on={toggle} icon={<IconPlayerPlay size={18} aria-hidden />} pressed={trying} />;
  return (
    <Button
      size="xs"
      variant="default"
      bd={trying ? "2px solid var(--mantine-color-indigo-6)" : undefined}
      aria-pressed={trying}
      leftSection={<IconPlayerPlay size={16} aria-hidden />}
      onClick={toggle}
    >
      {label}
    </Button>
  );
}

function UndoRedo() {
  const { t } = useTranslation();
  const { editor } = useWorkbench();
  const act = useActions();
  const past = useStore(editor.temporal, (s) => s.pastStates.length > 0);
  const future = useStore(editor.temporal, (s) => s.futureStates.length > 0);
  return (
    <>
      <Tool
        label={t("canvas.keys.undo")}
        on={act.undo}
        disabled={!past}
        icon={<IconArrowBackUp size={18} aria-hidden />}
      />
      <Tool
        label={t("canvas.keys.redo")}
        on={act.redo}
        disabled={!future}
        icon={<IconArrowForwardUp size={18} aria-hidden />}
      />
    </>
  );
}

function Name() {
  const { t } = useTranslation();
  const { editor, readOnly } = useWorkbench();
  const name = useEditor((s) => s.scheme.name);
  const { begin, end, change } = editor.getState();
  if (readOnly)
    return (
      <Text fw={600} truncate>
        {name || t("cascades.nameless")}
      </Text>
    );
  return (
    <TextInput
      aria-label={t("canvas.name")}
      value={name}
      maxLength={200}
      placeholder={t("cascades.nameless")}
      variant="unstyled"
      onFocus={begin}
      onBlur={end}
      onChange={(e) => {
        const next = e.currentTarget.value;
        change((s) => ({ ...s, name: next }));
      }}
      styles={{ input: { fontWeight: 600 } }}
      style={{ flex: "1 1 120px", minWidth: 80, maxWidth: 380 }}
    />
  );
}

const edges = [
  ["left", IconBoxAlignLeft],
  ["right", IconBoxAlignRight],
  ["top", IconBoxAlignTop],
  ["bottom", IconBoxAlignBottom],
] as const;

function More({ narrow, draft }: { narrow: boolean; draft: DraftState }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const view = useUi((u) => u.view);
  const count = useEditor((s) => s.selection.blocks.size + s.selection.notes.size);
  const writes = !w.readOnly;
  const go = useNavigate();
  const file = useFile(draft);
  const history = async () => {
    // The history compares with the draft as the server has it.
    await draft.flush();
    go("versions");
  };
  const item = (label: string, icon: ReactNode, on: () => void) => (
    <Menu.Item key={label} leftSection={icon} onClick={on}>
      {label}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("canvas.more")}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah="70vh" style={{ overflowY: "auto" }}>
        {item(
          t(view === "canvas" ? "canvas.asList" : "canvas.asCanvas"),
          view === "canvas" ? <IconList size={16} /> : <IconSitemap size={16} />,
          () => w.ui.setState({ view: view === "canvas" ? "list" : "canvas" }),
        )}
        {narrow &&
          item(t("canvas.find.title"), <IconSearch size={16} />, () => w.ui.setState({ question: { ask: "find" } }))}
        {narrow && writes && item(t("canvas.arrange"), <IconHierarchy size={16} />, act.arrange)}
        {writes && item(t("canvas.note.add"), <IconNote size={16} />, act.note)}
        {writes && count > 0 && item(t("canvas.keys.duplicate"), <IconCopy size={16} />, act.duplicate)}
        {writes && count > 0 && item(t("canvas.keys.remove"), <IconTrash size={16} />, () => act.remove())}
        {writes && count > 1 && <Menu.Label>{t("canvas.align.label")}</Menu.Label>}
        {writes &&
          count > 1 &&
          edges.map(([edge, Icon]) => item(t(`canvas.align.${edge}`), <Icon size={16} />, () => act.align(edge)))}
        {writes &&
          count > 2 &&
          item(t("canvas.align.x"), <IconLayoutDistributeVertical size={16} />, () => act.spread("x"))}
        {writes &&
          count > 2 &&
          item(t("canvas.align.y"), <IconLayoutDistributeHorizontal size={16} />, () => act.spread("y"))}
        <Menu.Divider />
        {item(t("versions.title"), <IconHistory size={16} />, history)}
        {item(t("canvas.file.save"), <IconDownload size={16} />, file.save)}
        {writes && item(t("canvas.file.open"), <IconUpload size={16} />, file.choose)}
        {item(t("canvas.keys.title"), <IconKeyboard size={16} />, () => w.ui.setState({ question: { ask: "keys" } }))}
      </Menu.Dropdown>
    </Menu>
  );
}
