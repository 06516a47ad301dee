import { Paper, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { SaveBadge } from "../../parts/SaveBadge";
import { WallInput } from "../../parts/WallInput";
import { zoneName } from "../campaigns/format";
import type { Saving } from "./useTerms";
import { fromWall, toWall } from "./wall";

/** A part of a long form. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p={{ base: "sm", sm: "md" }} component="section" aria-label={title}>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      <Stack gap="sm">{children}</Stack>
    </Paper>
  );
}

/** Says whether what was typed is saved. */
export function SaveState({ state }: { state: Saving }) {
  const { t } = useTranslation();
  return <SaveBadge state={state} label={t(`launch.save.${state}`)} />;
}

interface InstantProps {
  label: string;
  description?: string;
  value: string | undefined;
  zone: string;
  set: (instant: string | undefined) => void;
  error?: string;
  required?: boolean;
  /** It ends something: a day that is chosen alone is meant to its end. */
  last?: boolean;
}

/** An instant, typed as the wall-clock time of a zone, which is named beside it. */
export function InstantInput({ value, zone, set, last, ...shared }: InstantProps) {
  const { t } = useTranslation();
  return (
    <WallInput
      {...shared}
      value={toWall(value, zone)}
      set={(wall) => set(fromWall(wall, zone))}
      clock={t("dates.byZone", { zone: zoneName(zone) })}
      standard={last ? "23:59" : "10:00"}
    />
  );
}
