import { Alert, Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import { isProblem } from "../../api/problem";
import { wordsOf } from "../../parts/tell";
import { moment, number } from "../campaigns/format";
import { type Campaign, campaignKey, campaignsKey } from "../campaigns/model";
import type { Estimate } from "./Summary";
import type { Terms } from "./terms";

interface Props {
  campaign: Campaign;
  terms: Terms;
  estimate?: Estimate;
  recount: () => void;
  moderated: boolean;
  opened: boolean;
  close: () => void;
}

/** Asks before the launch, and names how many will get it. */
export function Confirm(p: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={p.opened}
      onClose={p.close}
      title={t(p.moderated ? "launch.confirm.titleModeration" : "launch.confirm.title", { name: p.terms.name })}
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      {p.opened && <Content {...p} />}
    </Modal>
  );
}

function Content({ campaign: c, terms, estimate: e, recount, moderated, close }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  // The key is of this dialog: a second try after a lost answer launches nothing twice.
  const [key, setKey] = useState(once);
  const open = terms.kind === "open";
  const counted = open || terms.start?.when === "cron" ? undefined : e?.recipients;
  const launch = async () => {
    setBusy(true);
    setWrong("");
    try {
      const made = await take(
        api.POST("/api/v1/campaigns/{campaign}/launch", {
          params: { path: { campaign: c.id }, header: key },
          body: counted === undefined ? {} : { expected_recipients: counted },
        }),
      );
      close();
      queries.setQueryData(campaignKey(c.id), made);
      void queries.invalidateQueries({ queryKey: campaignsKey });
    } catch (error) {
      setKey(once());
      setWrong(wordsOf(error));
      setBusy(false);
      if (isProblem(error, "recipients_differ")) recount();
    }
  };
  return (
    <Stack>
      {open ? (
        <Text>{t("launch.confirm.open")}</Text>
      ) : (
        <Text fz="lg" fw={600}>
          {t("launch.confirm.recipients", { count: e?.recipients ?? 0, n: number(e?.recipients ?? 0) })}
        </Text>
      )}
      <List size="sm">
        <List.Item>{t(`launch.confirm.when_${terms.start?.when ?? "now"}`, { when: whenOf(terms) })}</List.Item>
        {terms.window && (
          <List.Item>{t("launch.confirm.window", { from: terms.window.from, to: terms.window.to })}</List.Item>
        )}
        {terms.end && <List.Item>{t("launch.confirm.end", { when: moment(terms.end, terms.zone) })}</List.Item>}
        {terms.advertising && <List.Item>{t("launch.confirm.advertising")}</List.Item>}
      </List>
      {moderated && <Alert color="blue">{t("launch.confirm.moderation")}</Alert>}
      {wrong && (
        <Alert color="red" role="alert">
          {wrong}
        </Alert>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("parts.cancel")}
        </Button>
        <Button loading={busy} onClick={launch} data-autofocus>
          {t(moderated ? "launch.confirm.ask" : "launch.confirm.go")}
        </Button>
      </Group>
    </Stack>
  );
}

function whenOf(terms: Terms): string {
  const start = terms.start;
  if (start?.at) return moment(start.at, terms.zone);
  if (start?.local) return moment(`${start.local.replace(" ", "T")}:00Z`, "UTC");
  return "";
}
