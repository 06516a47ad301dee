import { Badge, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCloudOff, IconEye, IconLoader } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useWorkbench } from "./context";
import type { DraftState } from "./draft";

const looks = {
  saved: [IconCheck, "green"],
  waiting: [IconLoader, "gray"],
  saving: [IconLoader, "gray"],
  offline: [IconCloudOff, "yellow"],
  failed: [IconAlertTriangle, "red"],
  conflict: [IconAlertTriangle, "red"],
} as const;

/** Says whether what is drawn is saved. */
export function SaveMark({ draft }: { draft: DraftState }) {
  const { t } = useTranslation();
  const { readOnly } = useWorkbench();
  const [Icon, color] = readOnly ? [IconEye, "gray"] : looks[draft.state];
  const key = readOnly ? "readOnly" : draft.state;
  return (
    <Tooltip label={t(`canvas.save.hint.${key}`)} multiline maw={280}>
      <Badge
        variant="light"
        color={color}
        c="var(--mantine-color-text)"
        tt="none"
        fw={500}
        leftSection={<Icon size={14} aria-hidden />}
        role="status"
        data-save={key}
        style={{ flexShrink: 0 }}
      >
        {t(`canvas.save.${key}`)}
      </Badge>
    </Tooltip>
  );
}
