import { Alert, Button, Group, NumberInput, Stack, TagsInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { thousands } from "../../parts/numbers";
import { told, wordsOf } from "../../parts/tell";
import { useUnsaved } from "../../parts/unsaved";
import { type Campaign, campaignKey, campaignsKey } from "../campaigns/model";
import { Dialog } from "../contacts/Form";
import { InstantInput } from "../launch/parts";
import { changeOf, type Terms, termsIn } from "../launch/terms";
import { Repetition } from "../launch/WhenPart";
import { WindowInput } from "../launch/WindowInput";

interface Props {
  campaign: Campaign;
  opened: boolean;
  close: () => void;
}

/** Changes what may change of a launched campaign. */
export function EditTerms(p: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={p.opened} close={p.close} size="lg" title={t("campaign.terms.edit")}>
      {p.opened && <Form {...p} />}
    </Dialog>
  );
}

function Form({ campaign: c, close }: Props) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [saved] = useState<Terms>(() => termsIn(c));
  const [terms, setTerms] = useState(saved);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Terms>) => setTerms((old) => ({ ...old, ...part }));
  useUnsaved(changeOf(saved, terms) !== null && !busy);
  const over = c.state === "finished" || c.state === "cancelled";
  const series = c.start?.when === "cron" && c.made_as !== "repetition";
  const zone = terms.zone || "UTC";
  const save = async () => {
    const change = changeOf(saved, terms);
    if (!change) return close();
    setBusy(true);
    try {
      const made = await take(
        api.PATCH("/api/v1/campaigns/{campaign}", { params: { path: { campaign: c.id } }, body: change }),
      );
      queries.setQueryData(campaignKey(c.id), made);
      void queries.invalidateQueries({ queryKey: campaignsKey });
      told(t("campaign.terms.saved"));
      close();
    } catch (error) {
      setErrors(error instanceof ProblemError && error.problem.errors?.length ? error.fields : { "": wordsOf(error) });
      setBusy(false);
    }
  };
  return (
    <Stack>
      {errors[""] && (
        <Alert color="red" role="alert">
          {errors[""]}
        </Alert>
      )}
      <TextInput
        label={t("launch.basics.name")}
        value={terms.name}
        maxLength={200}
        required
        error={errors.name}
        onChange={(e) => set({ name: e.currentTarget.value })}
      />
      <TagsInput
        label={t("launch.rest.tags")}
        description={t("canvas.field.tags")}
        value={terms.tags ?? []}
        onChange={(tags) => set({ tags })}
        acceptValueOnBlur
        error={errors.tags}
      />
      {!over && c.state !== "finishing" && (
        <WindowInput value={terms.window} set={(window) => set({ window })} errors={errors} />
      )}
      {!over && series && terms.start && (
        <Repetition start={terms.start} zone={zone} put={(start) => set({ start })} errors={errors} />
      )}
      {!over && !series && (
        <InstantInput
          label={t("launch.pace.end")}
          description={t("launch.pace.endHint")}
          value={terms.end}
          zone={zone}
          set={(end) => set({ end })}
          error={errors.end}
          last
        />
      )}
      {!over && (
        <NumberInput
          label={t("launch.pace.rate")}
          description={t("launch.pace.rateHint")}
          value={terms.rate ?? ""}
          min={1}
          max={1_000_000}
          allowDecimal={false}
          thousandSeparator={thousands(i18n.language)}
          onChange={(v) => set({ rate: typeof v === "number" ? v : undefined })}
          error={errors.rate}
        />
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("parts.cancel")}
        </Button>
        <Button loading={busy} onClick={save}>
          {t("parts.save")}
        </Button>
      </Group>
    </Stack>
  );
}
