import { Alert, Button, Group, Select, Stack, Text, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import type { Block } from "../../canvas/logic/document";
import { told, wordsOf } from "../../parts/tell";
import { useUnsaved } from "../../parts/unsaved";
import type { Campaign } from "../campaigns/model";
import { Dialog } from "../contacts/Form";
import { type BlockText, textsNow } from "./texts";

export const correctionsKey = (id: string) => ["corrections", id] as const;

export const useCorrections = (id: string) =>
  useQuery({
    queryKey: correctionsKey(id),
    queryFn: () => take(api.GET("/api/v1/campaigns/{campaign}/corrections", { params: { path: { campaign: id } } })),
  });

interface Props {
  campaign: Campaign;
  block: Block;
  opened: boolean;
  close: () => void;
}

/** Corrects a mistake in a text of a running campaign. */
export function Correct({ campaign, block, opened, close }: Props) {
  const { t } = useTranslation();
  const corrections = useCorrections(campaign.id);
  return (
    <Dialog opened={opened} close={close} title={t("campaign.correct.title")}>
      {opened && corrections.data && (
        <Form campaign={campaign} block={block} texts={textsNow(block, corrections.data.items)} close={close} />
      )}
      {corrections.isError && <Alert color="red">{wordsOf(corrections.error)}</Alert>}
    </Dialog>
  );
}

function Form({ campaign: c, block, texts, close }: Omit<Props, "opened"> & { texts: BlockText[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [field, setField] = useState(texts[0]?.field ?? "");
  const old = texts.find((x) => x.field === field)?.text ?? "";
  const [now, setNow] = useState(old);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  useUnsaved(now !== old && !busy);
  const save = async () => {
    setBusy(true);
    setWrong("");
    try {
      await api.POST("/api/v1/campaigns/{campaign}/corrections", {
        params: { path: { campaign: c.id }, header: once() },
        body: { node: block.id, field, old, new: now },
      });
      await queries.invalidateQueries({ queryKey: correctionsKey(c.id) });
      told(t("campaign.correct.done"));
      close();
    } catch (error) {
      if (error instanceof ProblemError && error.problem.code === "correction_old")
        await queries.invalidateQueries({ queryKey: correctionsKey(c.id) });
      setWrong(wordsOf(error));
      setBusy(false);
    }
  };
  return (
    <Stack>
      <Text size="sm">{t("campaign.correct.text")}</Text>
      {texts.length > 1 && (
        <Select
          label={t("campaign.correct.which")}
          data={texts.map((x) => ({ value: x.field, label: fieldName(x.field, t) }))}
          value={field}
          allowDeselect={false}
          onChange={(v) => {
            setField(v ?? "");
            setNow(texts.find((x) => x.field === v)?.text ?? "");
          }}
        />
      )}
      <Textarea
        label={t("campaign.correct.new")}
        value={now}
        autosize
        minRows={3}
        maxRows={12}
        error={wrong || undefined}
        onChange={(e) => setNow(e.currentTarget.value)}
        data-autofocus
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("parts.cancel")}
        </Button>
        <Button loading={busy} disabled={now === old || !now.trim()} onClick={save}>
          {t("campaign.correct.go")}
        </Button>
      </Group>
    </Stack>
  );
}

/** A text of a block by its name in words. */
export function fieldName(field: string, t: (key: string, o?: Record<string, unknown>) => string): string {
  const [kind, n] = field.split(".");
  if (kind === "parameters") return t("campaign.correct.parameter", { number: Number(n) + 1 });
  return t(`campaign.correct.field_${field.replace(".", "_")}`, { defaultValue: field });
}
