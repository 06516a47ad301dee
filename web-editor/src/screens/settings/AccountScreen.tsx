import {
  Alert,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Select,
  Skeleton,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { sessionKey, useSession } from "../../app/session";
import { zones } from "../../canvas/fields/Simple";
import { Failure } from "../../parts/Failure";
import { tell, told } from "../../parts/tell";
import { useUnsaved } from "../../parts/unsaved";
import { Dialog, Form } from "../contacts/Form";
import { Section } from "../launch/parts";
import { WindowInput } from "../launch/WindowInput";
import { type Account, accountChange, accountKey } from "./model";
import { SettingsArea } from "./SettingsArea";

/** The account: what holds for all its contacts and campaigns. */
export function AccountScreen() {
  const { t } = useTranslation();
  const { may } = useSession();
  const account = useQuery({ queryKey: accountKey, queryFn: () => take(api.GET("/api/v1/account")) });
  return (
    <SettingsArea>
      {account.isPending && <Skeleton height={300} aria-label={t("parts.loading")} />}
      {account.isError && <Failure error={account.error} again={() => account.refetch()} />}
      {account.data && (
        <Stack maw={720}>
          <Edit account={account.data} />
          <Moderation />
          {may("account:own") && <Close account={account.data} />}
        </Stack>
      )}
    </SettingsArea>
  );
}

function Edit({ account }: { account: Account }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(account);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const readOnly = !may("settings:write");
  const change = accountChange(account, typed);
  useUnsaved(change !== null && !busy);
  const set = (part: Partial<Account>) => setTyped({ ...typed, ...part });
  const save = async (e: FormEvent) => {
    e.preventDefault();
    if (!change) return;
    setBusy(true);
    setErrors({});
    try {
      const now = await take(api.PATCH("/api/v1/account", { body: change }));
      queries.setQueryData(accountKey, now);
      setTyped(now);
      queries.invalidateQueries({ queryKey: sessionKey });
      told(t("parts.saved"));
    } catch (error) {
      if (error instanceof ProblemError && Object.keys(error.fields).length) setErrors(error.fields);
      else tell(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save} noValidate>
      <Section title={t("settings.account.title")}>
        <TextInput
          label={t("settings.account.name")}
          value={typed.name}
          maxLength={100}
          readOnly={readOnly}
          onChange={(e) => set({ name: e.currentTarget.value })}
          error={errors.name}
        />
        <Select
          label={t("settings.account.zone")}
          description={t("settings.account.zoneHint")}
          data={zones().includes(typed.zone) ? zones() : [typed.zone, ...zones()]}
          value={typed.zone}
          searchable
          limit={50}
          allowDeselect={false}
          readOnly={readOnly}
          onChange={(v) => v && set({ zone: v })}
          error={errors.zone}
        />
        <Group grow align="start">
          <TextInput
            label={t("settings.account.country")}
            description={t("settings.account.countryHint")}
            value={typed.country}
            maxLength={2}
            readOnly={readOnly}
            onChange={(e) => set({ country: e.currentTarget.value.toUpperCase() })}
            error={errors.country}
          />
          <Select
            label={t("app.language")}
            description={t("settings.account.languageHint")}
            data={["ru", "en"].map((value) => ({ value, label: t(`app.languages.${value}`) }))}
            value={typed.language}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(v) => set({ language: v === "en" ? "en" : "ru" })}
            error={errors.language}
          />
        </Group>
        <Caps typed={typed} set={set} errors={errors} readOnly={readOnly} />
        <StopWords typed={typed} set={set} errors={errors} readOnly={readOnly} />
        {(!readOnly || typed.window) && (
          <WindowInput value={typed.window} set={(w) => set({ window: w })} errors={errors} />
        )}
        {!readOnly && (
          <Group justify="flex-end">
            <Button variant="default" disabled={!change} onClick={() => setTyped(account)}>
              {t("contacts.card.reset")}
            </Button>
            <Button type="submit" loading={busy} disabled={!change}>
              {t("parts.save")}
            </Button>
          </Group>
        )}
      </Section>
    </form>
  );
}

interface PartProps {
  typed: Account;
  set: (part: Partial<Account>) => void;
  errors: Record<string, string>;
  readOnly: boolean;
}

function Caps({ typed, set, errors, readOnly }: PartProps) {
  const { t } = useTranslation();
  return (
    <Group grow align="start">
      {(["cap_day", "cap_week"] as const).map((k) => (
        <NumberInput
          key={k}
          label={t(`settings.account.${k}`)}
          placeholder={t("settings.account.noCap")}
          value={typed[k] ?? ""}
          min={1}
          max={1000}
          allowDecimal={false}
          readOnly={readOnly}
          hideControls
          onChange={(v) => set({ [k]: typeof v === "number" ? v : undefined })}
          error={errors[k]}
        />
      ))}
    </Group>
  );
}

function StopWords({ typed, set, errors, readOnly }: PartProps) {
  const { t } = useTranslation();
  // The API says null where the usual words hold.
  const own = typed.stop_words !== null;
  return (
    <>
      <Switch
        label={t("settings.account.stopWordsOwn")}
        description={t("settings.account.stopWordsHint")}
        checked={own}
        disabled={readOnly}
        onChange={(e) => set({ stop_words: e.currentTarget.checked ? [] : null })}
      />
      {own && (
        <TagsInput
          label={t("settings.account.stopWords")}
          value={typed.stop_words ?? []}
          onChange={(v) => set({ stop_words: v })}
          maxTags={100}
          acceptValueOnBlur
          readOnly={readOnly}
          error={Object.entries(errors).find(([k]) => k.startsWith("stop_words"))?.[1]}
        />
      )}
    </>
  );
}

function Moderation() {
  const { t } = useTranslation();
  const { may } = useSession();
  const queries = useQueryClient();
  const queryKey = [...accountKey, "moderation"];
  const rule = useQuery({ queryKey, queryFn: () => take(api.GET("/api/v1/moderation")) });
  const put = async (needed: boolean) => {
    // The switch turns at once, and back where that was refused.
    queries.setQueryData(queryKey, { needed });
    try {
      queries.setQueryData(queryKey, await take(api.PUT("/api/v1/moderation", { body: { needed } })));
      told(t("parts.saved"));
    } catch (error) {
      queries.setQueryData(queryKey, { needed: !needed });
      tell(error);
    }
  };
  if (!rule.data) return null;
  return (
    <Section title={t("settings.moderation.title")}>
      <Switch
        label={t("settings.moderation.needed")}
        description={t("settings.moderation.hint")}
        checked={rule.data.needed}
        disabled={!may("settings:write")}
        onChange={(e) => void put(e.currentTarget.checked)}
      />
    </Section>
  );
}

function Close({ account }: { account: Account }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Section title={t("settings.close.title")}>
      <Text size="sm">{t("settings.close.text")}</Text>
      <Button variant="default" c="var(--link-error)" style={{ alignSelf: "flex-start" }} onClick={() => setOpen(true)}>
        {t("settings.close.open")}
      </Button>
      <Dialog opened={open} close={() => setOpen(false)} title={t("settings.close.ask", { name: account.name })}>
        <Closing account={account} close={() => setOpen(false)} />
      </Dialog>
    </Section>
  );
}

function Closing({ account, close }: { account: Account; close: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [campaigns, setCampaigns] = useState(false);
  const go = async () => {
    await api.POST("/api/v1/account/close", { body: { name, cancel_campaigns: campaigns } });
    location.assign("/sign-in?next=/app/");
  };
  return (
    <Form
      submit={go}
      close={close}
      stays
      label={t("settings.close.go")}
      color="red"
      fields={["name"]}
      disabled={name !== account.name}
    >
      {(errors) => (
        <>
          <Alert color="red">{t("settings.close.what")}</Alert>
          <TextInput
            label={t("settings.close.name", { name: account.name })}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
            error={errors.name}
            autoComplete="off"
            data-autofocus
          />
          <Checkbox
            label={t("settings.close.campaigns")}
            checked={campaigns}
            onChange={(e) => setCampaigns(e.currentTarget.checked)}
          />
        </>
      )}
    </Form>
  );
}
