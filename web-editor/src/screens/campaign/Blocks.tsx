import { Anchor, Button, CloseButton, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { IconPencil, IconUsers } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "../../app/session";
import { blockOf, type Scheme } from "../../canvas/logic/document";
import { linkName } from "../../canvas/logic/words";
import { number } from "../campaigns/format";
import type { Campaign } from "../campaigns/model";
import { Correct } from "./Correct";
import { useBlockFigures, useFigures } from "./context";
import { textsOf } from "./texts";

const columns = ["entered", "sent", "delivered", "viewed", "clicked", "errors", "here"] as const;

/** All blocks with their figures as a table: the same as on the drawing, for those who do not use one. */
export function BlockTable({ choose }: { choose: (id: string) => void }) {
  const { t } = useTranslation();
  const f = useFigures((l) => l.figures);
  const value = (b: NonNullable<typeof f>["blocks"][number], key: (typeof columns)[number]): number => {
    if (key === "entered") return b.entered;
    if (key === "sent") return b.sent;
    if (key === "here") return b.open;
    if (key === "errors") return Object.values(b.errors).reduce((a, n) => a + n, 0);
    if (key === "delivered") return (b.facts.delivered ?? 0) + (b.facts.answered ?? 0);
    return b.facts[key] ?? 0;
  };
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table verticalSpacing={6} aria-label={t("campaign.blocks.title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("campaign.blocks.block")}</Table.Th>
            {columns.map((c) => (
              <Table.Th key={c} ta="right">
                {t(`campaign.blocks.${c}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {f?.blocks.map((b) => (
            <Table.Tr key={b.id} data-row={b.id}>
              <Table.Td>
                <Anchor component="button" type="button" size="sm" ta="left" onClick={() => choose(b.id)}>
                  {b.name || t(`campaign.type.${b.type}`, { defaultValue: b.type })}
                </Anchor>
              </Table.Td>
              {columns.map((c) => (
                <Table.Td key={c} ta="right">
                  {number(value(b, c))}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface DetailsProps {
  campaign: Campaign;
  scheme: Scheme | null;
  id: string;
  close: () => void;
}

/** Everything that is known of one block, and what can be done about it. */
export function BlockDetails({ campaign: c, scheme, id, close }: DetailsProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const f = useBlockFigures(id);
  const [correcting, setCorrecting] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  // Whoever asked for it further down the page is led to it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another block is asked for anew
  useEffect(() => place.current?.focus(), [id]);
  if (!f) return null;
  const block = scheme ? blockOf(scheme, id) : undefined;
  const mends =
    may("campaigns:launch") &&
    block &&
    textsOf(block).length > 0 &&
    ["scheduled", "running", "paused"].includes(c.state);
  const rows: [string, number][] = [
    [t("campaign.blocks.entered"), f.entered],
    ...(f.sent ? ([[t("campaign.blocks.sent"), f.sent]] as [string, number][]) : []),
    ...(f.redialled ? ([[t("campaign.blocks.redialled"), f.redialled]] as [string, number][]) : []),
    ...Object.entries(f.facts).map(([k, n]): [string, number] => [factName(k, t), n]),
    [t("campaign.blocks.ended"), f.ended],
    [t("campaign.blocks.here"), f.open],
  ];
  return (
    <Paper
      withBorder
      p="md"
      ref={place}
      tabIndex={-1}
      component="section"
      style={{ outline: "none" }}
      aria-label={t("campaign.blocks.one", { name: f.name })}
      data-details={id}
    >
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <Title order={2} size="h5">
          {f.name || t(`campaign.type.${f.type}`, { defaultValue: f.type })}
        </Title>
        <CloseButton aria-label={t("parts.close")} onClick={close} />
      </Group>
      <Group align="start" gap="xl">
        <Figures title={t("campaign.blocks.figures")} rows={rows} />
        {f.links.length > 0 && (
          <Figures
            title={t("campaign.blocks.links")}
            rows={f.links.map((l) => [linkName({ type: l.type as never, value: l.value }, t, block), l.count])}
          />
        )}
        {Object.keys(f.errors).length > 0 && (
          <Figures
            title={t("campaign.errors.title")}
            rows={Object.entries(f.errors).map(([k, n]) => [t(`canvas.reason.${k}`, { defaultValue: k }), n])}
          />
        )}
      </Group>
      <Group mt="md" gap="xs">
        {may("reports:read") && (
          <Button
            component={Link}
            to={`?tab=recipients&node=${id}`}
            variant="default"
            size="xs"
            leftSection={<IconUsers size={16} aria-hidden />}
          >
            {t("campaign.blocks.people")}
          </Button>
        )}
        {mends && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPencil size={16} aria-hidden />}
            onClick={() => setCorrecting(true)}
          >
            {t("campaign.correct.open")}
          </Button>
        )}
      </Group>
      {block && <Correct campaign={c} block={block} opened={correcting} close={() => setCorrecting(false)} />}
    </Paper>
  );
}

/** A fact in words: a status, a reply, a key. */
export function factName(fact: string, t: (key: string, o?: Record<string, unknown>) => string): string {
  const [kind, value] = fact.split(":");
  if (kind === "ivr") return t("canvas.link.ivr", { key: value });
  return t(`campaign.fact.${fact}`, { defaultValue: t(`canvas.status.${fact}`, { defaultValue: fact }) });
}

function Figures({ title, rows }: { title: string; rows: [string, number][] }) {
  return (
    <Stack gap={2} miw={200}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      {rows.map(([name, n]) => (
        <Group key={name} justify="space-between" gap="lg" wrap="nowrap">
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text size="sm">{number(n)}</Text>
        </Group>
      ))}
    </Stack>
  );
}
