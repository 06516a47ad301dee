import { Button, Group, Radio, Stack, Text, Textarea } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, once, take } from "../../api/client";
import { tell, told } from "../../parts/tell";
import { number } from "./format";
import { type Act, type Campaign, campaignKey, campaignsKey } from "./model";

const at = (campaign: string) => ({ params: { path: { campaign } } });
const whys = ["not_delivered", "not_viewed", "not_clicked", "no_goal", "interrupted"] as const;
type Why = (typeof whys)[number];

const simple = {
  pause: (id: string) => api.POST("/api/v1/campaigns/{campaign}/pause", at(id)),
  resume: (id: string) => api.POST("/api/v1/campaigns/{campaign}/resume", at(id)),
  close: (id: string) => api.POST("/api/v1/campaigns/{campaign}/close", at(id)),
  withdraw: (id: string) => api.POST("/api/v1/campaigns/{campaign}/withdraw", at(id)),
  archive: (id: string) => api.POST("/api/v1/campaigns/{campaign}/archive", at(id)),
  unarchive: (id: string) => api.POST("/api/v1/campaigns/{campaign}/unarchive", at(id)),
} as const;
type Simple = keyof typeof simple;

// What undoes an action, where something does.
const back: Partial<Record<Simple, Simple>> = {
  pause: "resume",
  resume: "pause",
  archive: "unarchive",
  unarchive: "archive",
};

/** Does things to campaigns, asks where that is due, and tells what came of it. */
export function useCampaignActions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const go = useNavigate();
  const fresh = (id: string) =>
    Promise.all([
      queries.invalidateQueries({ queryKey: campaignsKey }),
      queries.invalidateQueries({ queryKey: campaignKey(id) }),
    ]);
  const run = async (c: Campaign, act: Simple): Promise<void> => {
    await simple[act](c.id);
    await fresh(c.id);
    const undo = back[act];
    told(t(`campaigns.done.${act}`, { name: c.name }), undo && (() => run(c, undo)));
  };
  const cancel = async (c: Campaign) => {
    const done = await take(api.POST("/api/v1/campaigns/{campaign}/cancel", at(c.id)));
    await fresh(c.id);
    told(
      c.launching
        ? t("campaigns.done.stopLaunch", { name: c.name })
        : t("campaigns.done.cancel", { name: c.name, count: done.interrupted, n: number(done.interrupted) }),
    );
  };
  const erase = async (c: Campaign) => {
    await api.DELETE("/api/v1/campaigns/{campaign}", at(c.id));
    await queries.invalidateQueries({ queryKey: campaignsKey });
    const undo = async () => {
      const { id: _, state: __, recipients: ___, open: ____, ...rest } = c;
      await api.POST("/api/v1/campaigns", { params: { header: once() }, body: termsOf(rest) });
      await queries.invalidateQueries({ queryKey: campaignsKey });
    };
    told(t("campaigns.done.delete", { name: c.name }), undo);
    go("/campaigns");
  };
  const moderate = async (c: Campaign, verdict: "approve" | "reject", note: string) => {
    const body = note ? { note } : {};
    await (verdict === "approve"
      ? api.POST("/api/v1/campaigns/{campaign}/approve", { ...at(c.id), body })
      : api.POST("/api/v1/campaigns/{campaign}/reject", { ...at(c.id), body }));
    await fresh(c.id);
    told(t(`campaigns.done.${verdict}`, { name: c.name }));
  };
  const another = async (c: Campaign, as: "copy" | "repeat") => {
    const request = { params: { path: { campaign: c.id }, header: once() }, body: {} };
    const made = await take(
      as === "copy"
        ? api.POST("/api/v1/campaigns/{campaign}/copy", request)
        : api.POST("/api/v1/campaigns/{campaign}/repeat", request),
    );
    await queries.invalidateQueries({ queryKey: campaignsKey });
    go(`/campaigns/${made.id}`);
  };
  const follow = async (c: Campaign, who: Why) => {
    const name = t("campaigns.followUp.name", { name: c.name }).slice(0, 200);
    const made = await take(
      api.POST("/api/v1/campaigns/{campaign}/follow-up", {
        params: { path: { campaign: c.id }, header: once() },
        body: { who, name },
      }),
    );
    await queries.invalidateQueries({ queryKey: campaignsKey });
    go(`/campaigns/${made.id}`);
  };
  const ask = (c: Campaign, what: "cancel" | "stopLaunch" | "close" | "delete", then: () => Promise<void>) =>
    modals.openConfirmModal({
      title: t(`campaigns.ask.${what}.title`, { name: c.name }),
      children: <Text size="sm">{t(`campaigns.ask.${what}.text`, { count: c.open, n: number(c.open) })}</Text>,
      labels: { confirm: t(`campaigns.ask.${what}.yes`), cancel: t("campaigns.ask.no") },
      confirmProps: { color: "red" },
      closeButtonProps: { "aria-label": t("parts.close") },
      onConfirm: () => then().catch(tell),
    });
  const open = (title: string, content: (close: () => void) => React.ReactNode) => {
    const id = crypto.randomUUID();
    modals.open({
      modalId: id,
      title,
      children: content(() => modals.close(id)),
      closeButtonProps: { "aria-label": t("parts.close") },
    });
  };
  const modal = (c: Campaign, act: "followUp" | "approve" | "reject") =>
    act === "followUp"
      ? open(t("campaigns.followUp.title"), (close) => (
          <FollowUp close={close} go={(who) => follow(c, who).catch(tell)} />
        ))
      : open(t(`campaigns.ask.${act}.title`, { name: c.name }), (close) => (
          <Verdict act={act} close={close} go={(note) => moderate(c, act, note).catch(tell)} />
        ));
  return (c: Campaign, act: Act): void => {
    if (act === "cancel" || act === "stopLaunch") ask(c, act, () => cancel(c));
    else if (act === "delete") ask(c, act, () => erase(c));
    else if (act === "close") ask(c, act, () => run(c, act));
    else if (act === "copy" || act === "repeat") another(c, act).catch(tell);
    else if (act === "followUp" || act === "approve" || act === "reject") modal(c, act);
    else run(c, act).catch(tell);
  };
}

/** The terms of a campaign alone, from which the same one can be made again. */
export function termsOf(c: Omit<Campaign, "id" | "state" | "recipients" | "open">) {
  const { name, version, kind, audience, start, window, end, end_after, smooth, rate, zone, connection } = c;
  const { advertising, unknown_zones, tags, entry } = c;
  return {
    ...{ name, version, kind, audience, start, window, end, end_after, smooth, rate, zone, connection },
    ...{ advertising, unknown_zones, tags, entry },
  };
}

function FollowUp({ close, go }: { close: () => void; go: (who: Why) => Promise<void> }) {
  const { t } = useTranslation();
  const [who, setWho] = useState<Why>("not_delivered");
  const [busy, setBusy] = useState(false);
  return (
    <Stack>
      <Text size="sm">{t("campaigns.followUp.text")}</Text>
      <Radio.Group label={t("campaigns.followUp.who")} value={who} onChange={(v) => setWho(v as Why)}>
        <Stack gap="xs" mt="xs">
          {whys.map((w) => (
            <Radio key={w} value={w} label={t(`campaigns.followUp.${w}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("parts.cancel")}
        </Button>
        <Button
          loading={busy}
          onClick={async () => {
            setBusy(true);
            await go(who);
            close();
          }}
        >
          {t("campaigns.followUp.go")}
        </Button>
      </Group>
    </Stack>
  );
}

interface VerdictProps {
  act: "approve" | "reject";
  close: () => void;
  go: (note: string) => Promise<void>;
}

function Verdict({ act, close, go }: VerdictProps) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <Stack>
      <Text size="sm">{t(`campaigns.ask.${act}.text`)}</Text>
      <Textarea
        label={t("campaigns.ask.note")}
        value={note}
        maxLength={2000}
        autosize
        minRows={2}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("parts.cancel")}
        </Button>
        <Button
          color={act === "reject" ? "red" : undefined}
          loading={busy}
          onClick={async () => {
            setBusy(true);
            await go(note.trim());
            close();
          }}
        >
          {t(`campaigns.act.${act}`)}
        </Button>
      </Group>
    </Stack>
  );
}
