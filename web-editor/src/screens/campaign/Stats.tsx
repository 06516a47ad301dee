import { Paper, Progress, SimpleGrid, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { lasting } from "../../canvas/logic/summary";
import { number, percent } from "../campaigns/format";
import { type Campaign, progress } from "../campaigns/model";
import { useFigures } from "./context";
import { sentOf, speedOf, timeLeft } from "./figures";

/** Seconds as people say them: of one unit, rounded. */
function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))}s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)}m`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}

/** The figures that one looks for first. */
export function Stats({ campaign: c }: { campaign: Campaign }) {
  const { t, i18n } = useTranslation();
  const f = useFigures((l) => l.figures);
  const looks = useFigures((l) => l.looks);
  const [recipients, open] = [f?.recipients ?? c.recipients, f?.open ?? c.open];
  const speed = speedOf(looks);
  const left = f ? timeLeft(f, speed) : null;
  const perSecond = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: speed && speed.sent >= 10 ? 0 : 1 });
  const share = progress({ ...c, recipients, open }) ?? 0;
  const running = c.state === "running" || c.state === "finishing";
  const cards: [string, string][] = [
    ["recipients", number(recipients)],
    ["open", number(open)],
    ["sent", f ? number(sentOf(f)) : "—"],
    [
      "goal",
      f ? `${number(f.endings.goal ?? 0)} · ${percent(recipients ? (f.endings.goal ?? 0) / recipients : 0)}` : "—",
    ],
    ...(running
      ? ([
          ["speed", speed ? t("campaign.stat.perSecond", { n: perSecond.format(speed.sent) }) : "—"],
          ["left", left === null ? "—" : lasting(roughly(left), t)],
        ] as [string, string][])
      : []),
  ];
  return (
    <div>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: running ? 6 : 4 }} spacing="sm">
        {cards.map(([key, value]) => (
          <Paper key={key} withBorder p="sm" data-stat={key}>
            <Text size="xs" c="dimmed">
              {t(`campaign.stat.${key}`)}
            </Text>
            <Text fw={650} fz="lg">
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      <Progress.Root size="lg" mt="sm">
        <Progress.Section
          value={share * 100}
          color={c.state === "cancelled" ? "red" : c.state === "paused" ? "orange" : "indigo"}
          aria-label={t("campaigns.progress", { done: number(recipients - open), all: number(recipients) })}
        />
      </Progress.Root>
    </div>
  );
}
