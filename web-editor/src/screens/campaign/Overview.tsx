import { Alert, Anchor, Loader, Progress, Stack, Tabs, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import { useLive } from "../../api/live";
import { useSession } from "../../app/session";
import { useParam } from "../../parts/ListFrame";
import { number } from "../campaigns/format";
import { type Campaign, campaignKey } from "../campaigns/model";
import { useCampaign } from "../campaigns/queries";
import classes from "./campaign.module.css";
import { FiguresProvider } from "./context";
import { createFigures, type Figures, type FiguresChange, takeFigures } from "./figures";
import { Head } from "./Head";
import { History } from "./History";
import { Picture } from "./Picture";
import { Recipients } from "./Recipients";
import { Repetitions } from "./Repetitions";
import { Stats } from "./Stats";
import { TermsTab } from "./TermsTab";

const over = ["finished", "cancelled", "draft", "moderation"];

/** What becomes of a launched campaign. */
export function Overview({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [tab, setTab] = useParam("tab", "scheme");
  const store = useMemo(() => createFigures(), []);
  const connection = useReport(c, store);
  const series = c.start?.when === "cron" && c.made_as !== "repetition";
  return (
    <FiguresProvider value={store}>
      <Stack>
        <Head campaign={c} />
        {connection === "lost" && (
          <Alert color="yellow" py="xs" role="status">
            {t("campaign.lost")}
          </Alert>
        )}
        {c.launching && <Launching campaign={c} />}
        {c.state === "moderation" && <Alert color="yellow">{t("campaign.moderation")}</Alert>}
        {c.parent && <Parent campaign={c} />}
        {series && <Repetitions campaign={c} />}
        {!series && !["draft", "moderation"].includes(c.state) && <Stats campaign={c} />}
        <Tabs value={tab} onChange={(v) => setTab(v ?? "")} keepMounted={false}>
          <Tabs.List mb="md" className={classes.tabs}>
            <Tabs.Tab value="scheme">{t("campaign.tab.scheme")}</Tabs.Tab>
            {!series && may("reports:read") && <Tabs.Tab value="recipients">{t("campaign.tab.recipients")}</Tabs.Tab>}
            <Tabs.Tab value="terms">{t("campaign.tab.terms")}</Tabs.Tab>
            <Tabs.Tab value="history">{t("campaign.tab.history")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="scheme">
            <Picture campaign={c} figures={!series} />
          </Tabs.Panel>
          <Tabs.Panel value="recipients">
            <Recipients campaign={c} />
          </Tabs.Panel>
          <Tabs.Panel value="terms">
            <TermsTab campaign={c} />
          </Tabs.Panel>
          <Tabs.Panel value="history">
            <History campaign={c} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </FiguresProvider>
  );
}

/** Keeps the figures of an open page current: live while the campaign goes on, read once when it is over. */
function useReport(c: Campaign, store: ReturnType<typeof createFigures>) {
  const { may } = useSession();
  const queries = useQueryClient();
  const reads = may("reports:read");
  const live = reads && !over.includes(c.state);
  useQuery({
    queryKey: ["report", c.id, c.state],
    queryFn: async () => {
      const figures = await take(
        api.GET("/api/v1/campaigns/{campaign}/report", { params: { path: { campaign: c.id } } }),
      );
      takeFigures(store, figures, "state", Date.now());
      return figures;
    },
    enabled: reads && !live,
  });
  return useLive<Figures | FiguresChange>(
    live ? `/api/v1/campaigns/${c.id}/events` : null,
    (event, name) => {
      takeFigures(store, event, name, Date.now());
      if (event.state && event.state !== c.state) void queries.invalidateQueries({ queryKey: campaignKey(c.id) });
    },
    "state change",
  );
}

/** A launch under way: how many of its audience are enrolled by now. */
function Launching({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const task = useQuery({
    queryKey: ["task", c.task],
    queryFn: () => take(api.GET("/api/v1/tasks/{task}", { params: { path: { task: c.task ?? "" } } })),
    enabled: Boolean(c.task),
    refetchInterval: 1000,
  });
  const p = task.data?.progress;
  return (
    <Alert color="blue" icon={<Loader size={18} aria-hidden />} role="status">
      <Text size="sm">{t("campaign.launching", { n: number(p?.done ?? 0) })}</Text>
      {p && p.total > 0 && (
        <Progress value={(p.done / p.total) * 100} mt="xs" aria-label={t("campaign.launchProgress")} />
      )}
    </Alert>
  );
}

function Parent({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const parent = useCampaign(c.parent ?? "");
  return (
    <Text size="sm" c="dimmed">
      {t(`campaign.madeAs.${c.made_as ?? "copy"}`)}{" "}
      <Anchor component={Link} to={`/campaigns/${c.parent}`} size="sm">
        {parent.data?.name ?? c.parent}
      </Anchor>
    </Text>
  );
}
