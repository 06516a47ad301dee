import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SaveBadge } from "../parts/SaveBadge";
import { useWorkbench } from "./context";
import type { DraftState } from "./draft";

/** Says whether what is drawn is saved. */
export function SaveMark({ draft }: { draft: DraftState }) {
  const { t } = useTranslation();
  const { readOnly } = useWorkbench();
  const state = readOnly ? "readOnly" : draft.state;
  return (
    <Tooltip label={t(`canvas.save.hint.${state}`)} multiline maw={280}>
      <SaveBadge state={state} label={t(`canvas.save.${state}`)} />
    </Tooltip>
  );
}
