import { Alert, Button, FileButton, Group, List, Stack, Text } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { isProblem } from "../../api/problem";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Failure } from "../../parts/Failure";
import { told, wordsOf } from "../../parts/tell";
import { number } from "../campaigns/format";
import { ask } from "../contacts/Form";
import { contactsKey } from "../contacts/model";
import { Section } from "../launch/parts";
import { SettingsArea } from "./SettingsArea";

type Plan = components["schemas"]["PlanInfo"];
const planKey = ["numbering-plan"] as const;

/** The numbering plan by which the zones of Russian mobiles are found. */
export function Numbering() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const plan = useQuery<Plan | null>({
    queryKey: planKey,
    queryFn: () =>
      take(api.GET("/api/v1/numbering-plan")).catch((error: unknown) => {
        if (isProblem(error, "no_numbering_plan")) return null;
        throw error;
      }),
  });
  const fresh = () => Promise.all([planKey, contactsKey].map((queryKey) => queries.invalidateQueries({ queryKey })));
  const load = async (file: File | null) => {
    if (!file) return;
    setBusy(true);
    setWrong("");
    try {
      await api.PUT("/api/v1/numbering-plan", {
        params: { query: { name: file.name } },
        body: file as never,
        bodySerializer: (b) => b as never,
        headers: { "Content-Type": "text/csv" },
      });
      await fresh();
      told(t("settings.numbering.loaded"));
    } catch (error) {
      setWrong(wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  const askRemove = () =>
    ask({
      title: t("settings.numbering.removeTitle"),
      text: t("settings.numbering.removeText"),
      confirm: t("parts.delete"),
      go: async () => {
        await api.DELETE("/api/v1/numbering-plan");
        await fresh();
        told(t("settings.numbering.removed"));
      },
    });
  return (
    <SettingsArea>
      <Stack maw={720}>
        <Section title={t("settings.numbering.title")}>
          <Text size="sm">{t("settings.numbering.text")}</Text>
          {plan.isError && <Failure error={plan.error} again={() => plan.refetch()} />}
          {plan.data === null && <Alert color="blue">{t("settings.numbering.none")}</Alert>}
          {plan.data && <Loaded plan={plan.data} />}
          {wrong && (
            <Alert color="red" role="alert">
              {wrong}
            </Alert>
          )}
          <Group>
            <FileButton
              onChange={(f) => void load(f)}
              accept=".csv"
              inputProps={{ "aria-label": t("settings.numbering.load") }}
            >
              {(p) => (
                <Button {...p} loading={busy} leftSection={<IconUpload size={16} aria-hidden />}>
                  {t("settings.numbering.load")}
                </Button>
              )}
            </FileButton>
            {plan.data && (
              <Button variant="default" onClick={askRemove}>
                {t("parts.delete")}
              </Button>
            )}
          </Group>
        </Section>
      </Stack>
    </SettingsArea>
  );
}

function Loaded({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return (
    <>
      <Text size="sm" data-plan>
        {t("settings.numbering.about", {
          name: plan.name,
          when: when(plan.loaded_at, zone),
          who: plan.loaded_by,
          rows: number(plan.rows),
          zoned: number(plan.zoned),
        })}
      </Text>
      {plan.unknown_regions.length > 0 && (
        <details>
          <summary>{t("settings.numbering.unknown", { n: number(plan.unknown_regions.length) })}</summary>
          <List size="sm">
            {plan.unknown_regions.map((r) => (
              <List.Item key={r}>{r}</List.Item>
            ))}
          </List>
        </details>
      )}
    </>
  );
}
