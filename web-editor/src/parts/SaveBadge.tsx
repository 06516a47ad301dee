import { Badge } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCloudOff, IconEye, IconLoader } from "@tabler/icons-react";
import { forwardRef } from "react";

const looks = {
  saved: [IconCheck, "green"],
  waiting: [IconLoader, "gray"],
  saving: [IconLoader, "gray"],
  offline: [IconCloudOff, "yellow"],
  wrong: [IconAlertTriangle, "red"],
  failed: [IconAlertTriangle, "red"],
  conflict: [IconAlertTriangle, "red"],
  readOnly: [IconEye, "gray"],
} as const;

interface Props {
  state: keyof typeof looks;
  label: string;
}

/** Says whether what was typed or drawn is saved. It can be the target of a tooltip. */
export const SaveBadge = forwardRef<HTMLDivElement, Props>(({ state, label, ...rest }, ref) => {
  const [Icon, color] = looks[state];
  return (
    <Badge
      ref={ref}
      variant="light"
      color={color}
      c="var(--mantine-color-text)"
      tt="none"
      fw={500}
      leftSection={<Icon size={14} aria-hidden />}
      role="status"
      data-save={state}
      style={{ flexShrink: 0 }}
      {...rest}
    >
      {label}
    </Badge>
  );
});
