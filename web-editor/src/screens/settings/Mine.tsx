import { Badge, Button, Group, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { sessionKey, useSession } from "../../app/session";
import { zones } from "../../canvas/fields/Simple";
import { when } from "../../parts/dates";
import { ListFrame, useList } from "../../parts/ListFrame";
import { tell, told } from "../../parts/tell";
import { useUnsaved } from "../../parts/unsaved";
import { Nothing } from "../contacts/Area";
import { Section } from "../launch/parts";
import { agentName, type Session, sessionFits } from "./agent";
import { SettingsArea } from "./SettingsArea";

/** What concerns the reader alone: name and zone, the password, where one is signed in. */
export function Mine() {
  return (
    <SettingsArea>
      <Stack maw={720}>
        <Profile />
        <Password />
        <Sessions />
      </Stack>
    </SettingsArea>
  );
}

/** Does something with a form's fields: the errors that come of it stand beside them. */
function useSaving(save: () => Promise<unknown>) {
  const { t } = useTranslation();
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const go = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setErrors({});
    try {
      await save();
      told(t("parts.saved"));
    } catch (error) {
      if (error instanceof ProblemError && Object.keys(error.fields).length) setErrors(error.fields);
      else tell(error);
    } finally {
      setBusy(false);
    }
  };
  return { errors, busy, go };
}

function Profile() {
  const { t } = useTranslation();
  const { me } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState(me.user?.name ?? "");
  const [zone, setZone] = useState(me.user?.zone ?? "");
  const form = useSaving(async () => {
    queries.setQueryData(sessionKey, await take(api.PATCH("/api/v1/session", { body: { name: name.trim(), zone } })));
  });
  const changed = name.trim() !== (me.user?.name ?? "") || zone !== (me.user?.zone ?? "");
  useUnsaved(changed && !form.busy);
  return (
    <form onSubmit={form.go} noValidate>
      <Section title={t("settings.me.title")}>
        <TextInput label={t("app.signIn.email")} value={me.user?.email ?? ""} readOnly />
        <TextInput
          label={t("settings.users.name")}
          value={name}
          maxLength={100}
          onChange={(e) => setName(e.currentTarget.value)}
          error={form.errors.name}
          autoComplete="name"
        />
        <Select
          label={t("settings.me.zone")}
          description={t("settings.me.zoneHint")}
          data={zones().includes(zone) ? zones() : [zone, ...zones()]}
          value={zone}
          searchable
          limit={50}
          allowDeselect={false}
          onChange={(v) => v && setZone(v)}
          error={form.errors.zone}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={form.busy} disabled={!changed}>
            {t("parts.save")}
          </Button>
        </Group>
      </Section>
    </form>
  );
}

function Password() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const form = useSaving(async () => {
    await api.POST("/api/v1/session/password", { body: { old, password } });
    setOld("");
    setPassword("");
    await queries.invalidateQueries({ queryKey: ["sessions"] });
  });
  useUnsaved((old !== "" || password !== "") && !form.busy);
  return (
    <form onSubmit={form.go} noValidate>
      <Section title={t("settings.password.title")}>
        <PasswordInput
          label={t("settings.password.old")}
          value={old}
          autoComplete="current-password"
          onChange={(e) => setOld(e.currentTarget.value)}
          error={form.errors.old}
        />
        <PasswordInput
          label={t("settings.password.fresh")}
          description={t("settings.password.hint")}
          value={password}
          autoComplete="new-password"
          onChange={(e) => setPassword(e.currentTarget.value)}
          error={form.errors.password}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={form.busy} disabled={!old || !password}>
            {t("settings.password.go")}
          </Button>
        </Group>
      </Section>
    </form>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  const queries = useQueryClient();
  const [q, setQ] = useState("");
  const list = useList<Session>(["sessions", q], async () => {
    const { items } = await take(api.GET("/api/v1/sessions"));
    return { items: items.filter((s) => sessionFits(s, q)) };
  });
  const end = async (id: string) => {
    try {
      await api.DELETE("/api/v1/sessions/{session}", { params: { path: { session: id } } });
      await queries.invalidateQueries({ queryKey: ["sessions"] });
      told(t("settings.sessions.ended"));
    } catch (error) {
      tell(error);
    }
  };
  return (
    <Section title={t("settings.sessions.title")}>
      <ListFrame
        label={t("settings.sessions.title")}
        list={list}
        id={(s) => s.id}
        search={[q, setQ]}
        filtered={q.trim() !== ""}
        columns={[
          {
            key: "agent",
            title: t("settings.sessions.where"),
            cell: (s) => (
              <Text size="sm" fw={550} component="div">
                {agentName(s.agent)}{" "}
                {s.current && (
                  <Badge size="sm" variant="default" tt="none">
                    {t("settings.sessions.current")}
                  </Badge>
                )}
              </Text>
            ),
          },
          { key: "ip", title: "IP", cell: (s) => s.ip },
          { key: "seen", title: t("settings.sessions.seen"), cell: (s) => when(s.seen_at, zone) },
          {
            key: "actions",
            title: t("parts.actions"),
            cell: (s) =>
              !s.current && (
                <Button size="compact-sm" variant="default" onClick={() => end(s.id)}>
                  {t("settings.sessions.end")}
                </Button>
              ),
          },
        ]}
        empty={null}
        nothing={<Nothing clear={() => setQ("")} />}
      />
    </Section>
  );
}
