import { Alert, Box, ScrollArea } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Canvas } from "../canvas/Canvas";
import { type Workbench, WorkbenchProvider } from "../canvas/context";
import { mapper } from "../canvas/flow";
import type { Scheme } from "../canvas/logic/document";
import { createEditor } from "../canvas/logic/store";
import { Panel, useOpenBlock } from "../canvas/Panel";
import { Questions } from "../canvas/Questions";
import type { BlockType } from "../canvas/types";
import { createUi, type Marks } from "../canvas/ui";

interface Props {
  scheme: Scheme;
  types: ReadonlyMap<string, BlockType>;
  marks: Marks | null;
  narrow: boolean;
}

/** A version as it is drawn; nothing of it can be changed. */
export function Drawing({ scheme, types, marks, narrow }: Props) {
  const bench = useMemo<Workbench>(() => {
    const ui = createUi();
    ui.setState({ marks });
    return {
      editor: createEditor(scheme),
      ui,
      types,
      mapper: mapper(),
      readOnly: true,
      view: { centre: () => ({ x: 0, y: 0 }), show: () => {}, fit: () => {} },
    };
  }, [scheme, types, marks]);
  return (
    <WorkbenchProvider value={bench}>
      <Box style={{ display: "flex", flex: 1, minHeight: narrow ? 360 : 0 }} data-version-drawing>
        <Box flex={1} miw={0}>
          <Canvas />
        </Box>
        {!narrow && <Settings />}
      </Box>
      <Questions />
    </WorkbenchProvider>
  );
}

function Settings() {
  const { t } = useTranslation();
  const open = useOpenBlock();
  if (!open) return null;
  return (
    <ScrollArea
      w={340}
      type="auto"
      component="aside"
      aria-label={t("canvas.settings")}
      style={{ borderLeft: "1px solid var(--mantine-color-default-border)" }}
    >
      <Panel id={open} />
    </ScrollArea>
  );
}

export function Undrawable() {
  const { t } = useTranslation();
  return <Alert m="md">{t("versions.undrawable")}</Alert>;
}
