import { Alert, Box, Drawer, Flex, ScrollArea } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, type ReactNode, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Waiting } from "../app/Waiting";
import { useTitle } from "../parts/title";
import { Canvas } from "./Canvas";
import { Conflict } from "./Conflict";
import { useEditor, useUi, useWorkbench, type Workbench, WorkbenchProvider } from "./context";
import { type Draft, type DraftState, unsaved, useDraft } from "./draft";
import { FindingsList } from "./Findings";
import { useFindings } from "./findings";
import { mapper } from "./flow";
import { useKeys } from "./keys";
import { ListView } from "./ListView";
import type { Scheme } from "./logic/document";
import { drawable } from "./logic/readable";
import { createEditor } from "./logic/store";
import { Palette, PaletteDrawer } from "./Palette";
import { Panel, useOpenBlock } from "./Panel";
import { Publish } from "./Publish";
import { Questions } from "./Questions";
import { Toolbar } from "./Toolbar";
import type { BlockType } from "./types";
import { createUi } from "./ui";

const TryIt = lazy(async () => ({ default: (await import("../tryit/TryIt")).TryIt }));

interface Props {
  scheme: components["schemas"]["Scheme"];
  draft: Draft;
  types: BlockType[];
}

/** An open scheme with all its parts. */
export function Workshop({ scheme, draft, types }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const readOnly = !may("schemes:write") || scheme.archived_at !== undefined;
  const base = useMemo(() => drawable(draft.document), [draft.document]);
  const bench = useMemo<Workbench | null>(() => {
    if (!base) return null;
    const kept = readOnly ? null : unsaved(scheme.id);
    const nowhere = { centre: () => ({ x: 0, y: 0 }), show: () => {}, fit: () => {} };
    return {
      editor: createEditor(drawable(kept?.document) ?? base),
      ui: createUi(),
      types: new Map(types.map((b) => [b.type, b])),
      mapper: mapper(),
      readOnly,
      view: nowhere,
    };
  }, [scheme.id, readOnly, base, types]);
  if (!bench || !base) {
    return (
      <Alert color="red" m="md">
        {t("canvas.unreadable")}
      </Alert>
    );
  }
  return (
    <WorkbenchProvider value={bench}>
      <Kept id={scheme.id} base={base} revision={draft.revision} />
    </WorkbenchProvider>
  );
}

function Kept({ id, base, revision }: { id: string; base: Scheme; revision: number }) {
  const { editor, readOnly } = useWorkbench();
  const draft = useDraft(id, base, revision, editor, readOnly);
  useTitle(useEditor((s) => s.scheme.name));
  useFindings();
  useKeys();
  return (
    <>
      <Rooms scheme={id} draft={draft} />
      <Questions />
      <Publish scheme={id} draft={draft} />
      <Conflict scheme={id} draft={draft} />
    </>
  );
}

const border = "1px solid var(--mantine-color-default-border)";

/** What stands where: the palette, the drawing, the settings, and the findings below. */
function Rooms({ scheme, draft }: { scheme: string; draft: DraftState }) {
  const { t } = useTranslation();
  const { readOnly, ui } = useWorkbench();
  const narrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false }) ?? false;
  const view = useUi((u) => u.view);
  const listed = useUi((u) => u.listed);
  const trying = useUi((u) => u.trying);
  const chosen = useOpenBlock();
  const open = trying ? null : chosen;
  const trial = (
    <Suspense fallback={<Waiting />}>
      <TryIt scheme={scheme} draft={draft} />
    </Suspense>
  );
  return (
    <Flex direction="column" h="calc(100dvh - 52px)">
      <Toolbar draft={draft} narrow={narrow} />
      <Flex flex={1} mih={0}>
        {!narrow && !readOnly && view === "canvas" && (
          <Box w={232} style={{ borderRight: border }}>
            <Palette />
          </Box>
        )}
        <Flex direction="column" flex={1} miw={0}>
          <Box
            flex={1}
            mih={0}
            data-canvas
            tabIndex={view === "canvas" ? 0 : undefined}
            aria-label={view === "canvas" ? t("canvas.keyboard") : undefined}
            role={view === "canvas" ? "group" : undefined}
          >
            {view === "canvas" ? <Canvas /> : <ListView />}
          </Box>
          {listed && (
            <Box mah="30vh" style={{ borderTop: border }}>
              <FindingsList />
            </Box>
          )}
        </Flex>
        {!narrow && open && (
          <Side label={t("canvas.settings")} width={360}>
            <Panel id={open} />
          </Side>
        )}
        {!narrow && trying && (
          <Side label={t("tryit.title")} width={420}>
            {trial}
          </Side>
        )}
      </Flex>
      {narrow && (
        <Drawer
          opened={open !== null}
          onClose={() => open && ui.setState({ closed: open })}
          position="bottom"
          size="75%"
          withCloseButton={false}
          title={t("canvas.settings")}
          trapFocus
          padding={0}
          styles={{ header: { display: "none" } }}
        >
          {open && <Panel id={open} />}
        </Drawer>
      )}
      {narrow && trying && (
        // What is tried is seen on the canvas above.
        <Box
          mah="62dvh"
          style={{ borderTop: border, overflowY: "auto" }}
          component="aside"
          aria-label={t("tryit.title")}
        >
          {trial}
        </Box>
      )}
      {narrow && <PaletteDrawer />}
    </Flex>
  );
}

function Side({ label, width, children }: { label: string; width: number; children: ReactNode }) {
  return (
    <ScrollArea w={width} type="auto" style={{ borderLeft: border }} component="aside" aria-label={label}>
      {children}
    </ScrollArea>
  );
}
