import { Button, CloseButton, Group, ScrollArea, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconExclamationCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useActions } from "./actions";
import { useEditor, useUi, useWorkbench } from "./context";
import { nameOf } from "./logic/edit";
import { useTypeNames } from "./names";
import { type Finding, inWords } from "./types";

export function useCounts() {
  const findings = useUi((u) => u.findings);
  const errors = findings.filter((f) => f.severity === "error").length;
  return { errors, warnings: findings.length - errors };
}

/** The button that tells how many findings there are, and opens their list. */
export function FindingsButton({ narrow }: { narrow: boolean }) {
  const { t } = useTranslation();
  const { ui } = useWorkbench();
  const listed = useUi((u) => u.listed);
  const { errors, warnings } = useCounts();
  const [color, Icon] = errors
    ? (["red", IconExclamationCircle] as const)
    : warnings
      ? (["yellow", IconAlertTriangle] as const)
      : (["green", IconCircleCheck] as const);
  const label = errors
    ? t("canvas.findings.errors", { count: errors })
    : warnings
      ? t("canvas.findings.warnings", { count: warnings })
      : t("canvas.findings.none");
  return (
    <Button
      variant="default"
      size="xs"
      data-findings={errors}
      aria-expanded={listed}
      leftSection={<Icon size={16} color={`var(--mantine-color-${color}-${color === "yellow" ? 8 : 7})`} aria-hidden />}
      aria-label={narrow ? label : undefined}
      styles={narrow ? { section: { marginInlineEnd: 4 } } : undefined}
      px={narrow ? 8 : undefined}
      onClick={() => ui.setState({ listed: !listed })}
    >
      {narrow ? errors + warnings : label}
    </Button>
  );
}

/** All findings; each leads to its place. */
export function FindingsList() {
  const { t } = useTranslation();
  const { ui } = useWorkbench();
  const findings = useUi((u) => u.findings);
  return (
    <Stack gap="xs" p="sm" h="100%" component="section" aria-label={t("canvas.findings.title")}>
      <Group justify="space-between">
        <Title order={2} size="h6">
          {t("canvas.findings.title")}
        </Title>
        <CloseButton aria-label={t("parts.close")} onClick={() => ui.setState({ listed: false })} />
      </Group>
      <ScrollArea.Autosize mah="22vh" type="auto">
        <Stack gap={4}>
          {findings.length === 0 && (
            <Text size="sm" c="dimmed">
              {t("canvas.findings.none")}
            </Text>
          )}
          {findings.map((f, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: findings have no names
            <One key={i} finding={f} />
          ))}
        </Stack>
      </ScrollArea.Autosize>
    </Stack>
  );
}

function One({ finding: f }: { finding: Finding }) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const act = useActions();
  const typeName = useTypeNames();
  const scheme = useEditor((s) => s.scheme);
  const node = f.node ?? f.nodes?.[0] ?? scheme.links.find((l) => l.id === f.link)?.from;
  const error = f.severity === "error";
  const go = () => {
    if (node) act.show(node);
    if (f.link) w.ui.setState({ question: null });
  };
  return (
    <Button
      variant="subtle"
      color="gray"
      c="var(--mantine-color-text)"
      h="auto"
      py={6}
      px="xs"
      justify="flex-start"
      onClick={go}
      disabled={!node}
      fw={400}
      styles={{ label: { whiteSpace: "normal", textAlign: "start" } }}
    >
      <ThemeIcon
        variant="transparent"
        size={20}
        color={error ? "red" : "yellow"}
        mr="xs"
        role="img"
        aria-label={t(`canvas.found.${f.severity}`)}
      >
        {error ? <IconExclamationCircle size={18} /> : <IconAlertTriangle size={18} />}
      </ThemeIcon>
      <span>
        {node && <b>{nameOf(scheme, node, typeName)}: </b>}
        {inWords(f)}
      </span>
    </Button>
  );
}
