import { Anchor, ColorSwatch, Group, Progress, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "../../app/session";
import { number, percent } from "../campaigns/format";
import classes from "./campaign.module.css";
import { useFigures } from "./context";
import { endings, type Figures, funnelOf } from "./figures";

export const endingColors: Record<string, string> = {
  goal: "green",
  completed: "indigo",
  interrupted: "orange",
  failed: "red",
  open: "gray",
};

/** How walks ended: as a bar, as a list that leads to the people, and the messages as a funnel. */
export function Endings() {
  const { t } = useTranslation();
  const f = useFigures((l) => l.figures);
  if (!f || f.recipients === 0)
    return (
      <Text c="dimmed" size="sm">
        {t("campaign.endings.none")}
      </Text>
    );
  const all = [...endings.map((e) => [e, f.endings[e] ?? 0] as const), ["open", f.open] as const];
  return (
    <Stack>
      <Progress.Root size={28} aria-hidden>
        {all.map(([e, n]) => (
          <Progress.Section key={e} value={(n / f.recipients) * 100} color={endingColors[e]} />
        ))}
      </Progress.Root>
      <Table verticalSpacing={4} aria-label={t("campaign.endings.title")}>
        <Table.Tbody>
          {all.map(([e, n]) => (
            <Ending key={e} ending={e} count={n} of={f.recipients} />
          ))}
        </Table.Tbody>
      </Table>
      <Funnel f={f} />
    </Stack>
  );
}

function Ending({ ending: e, count, of }: { ending: string; count: number; of: number }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const name = t(`campaign.ending.${e}`);
  return (
    <Table.Tr data-ending={e}>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <ColorSwatch
            color={`var(--mantine-color-${endingColors[e]}-filled)`}
            size={12}
            withShadow={false}
            aria-hidden
          />
          {count > 0 && may("reports:read") ? (
            <Anchor component={Link} to={`?tab=recipients&state=${e}`} size="sm">
              {name}
            </Anchor>
          ) : (
            <Text size="sm">{name}</Text>
          )}
        </Group>
      </Table.Td>
      <Table.Td ta="right">{number(count)}</Table.Td>
      <Table.Td ta="right" c="dimmed">
        {percent(count / of)}
      </Table.Td>
    </Table.Tr>
  );
}

/** Messages from sent to clicked, each stage as wide as what is left. */
function Funnel({ f }: { f: Figures }) {
  const { t } = useTranslation();
  const stages = funnelOf(f);
  const top = stages[0]?.count ?? 0;
  if (!top) return null;
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {t("campaign.funnel.title")}
      </Text>
      <dl className={classes.funnel} style={{ margin: 0 }} data-funnel>
        {stages.map((s, i) => (
          <Stage key={s.stage} stage={s} top={top} tone={9 - Math.min(i, 4)} />
        ))}
      </dl>
    </div>
  );
}

function Stage({ stage: s, top, tone }: { stage: { stage: string; count: number }; top: number; tone: number }) {
  const { t } = useTranslation();
  return (
    <div style={{ display: "contents" }}>
      <Text size="sm" component="dt">
        {t(`campaign.funnel.${s.stage}`)}
      </Text>
      <dd className={classes.stage} style={{ margin: 0 }} aria-hidden>
        <div
          style={{
            width: `${Math.min(100, (s.count / top) * 100)}%`,
            background: `var(--mantine-color-indigo-${tone})`,
          }}
        />
      </dd>
      <Text size="sm" component="dd" m={0} ta="right" style={{ whiteSpace: "nowrap" }}>
        {number(s.count)} · {percent(s.count / top)}
      </Text>
    </div>
  );
}
