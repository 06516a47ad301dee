import { Accordion, Button, Group, NumberInput, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { useEditor } from "../canvas/context";
import { zones } from "../canvas/fields/Simple";
import { Window } from "../canvas/fields/Window";
import { DayInput } from "../parts/WallInput";
import { InstantInput } from "../screens/launch/parts";
import type { Person, Setting } from "./walk";

type Contact = components["schemas"]["Contact"];
type Account = components["schemas"]["Account"];

const nobody = (zone: string): Person => ({ name: "", phone: "", email: "", zone, tags: [], attributes: {} });

const thisMinute = () => new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();

/** On whom a scheme is tried, and since when: a contact of the book, or one that is made up. */
export function Whom({ account, old, start }: { account: Account; old: Setting | null; start: (s: Setting) => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const split = useEditor((s) => s.scheme.nodes.some((n) => n.type === "split"));
  const [person, setPerson] = useState<Person>(old?.person ?? nobody(account.zone));
  const [instant, setInstant] = useState<string | undefined>(() => old?.start ?? thisMinute());
  const [window, setWindow] = useState<unknown>(old ? old.window : account.window);
  const [ordinal, setOrdinal] = useState(old?.ordinal ?? 0);
  const put = (part: Partial<Person>) => setPerson((p) => ({ ...p, ...part }));
  const go = () => instant && start({ start: instant, person, zone: account.zone, window, ordinal });
  const label = t("tryit.window");
  return (
    <Stack
      gap="sm"
      component="form"
      onSubmit={(e: React.FormEvent) => {
        e.preventDefault();
        go();
      }}
    >
      {may("contacts:read") && <Find take={(c) => setPerson(personOf(c))} />}
      <Group grow align="start">
        <TextInput label={t("tryit.name")} value={person.name} onChange={(e) => put({ name: e.currentTarget.value })} />
        <TextInput
          label={t("tryit.phone")}
          value={person.phone}
          placeholder="+79001234567"
          onChange={(e) => put({ phone: e.currentTarget.value })}
        />
      </Group>
      <Select
        label={t("tryit.zone")}
        searchable
        limit={50}
        data={zones()}
        value={person.zone || null}
        allowDeselect={false}
        onChange={(zone) => zone && put({ zone })}
      />
      <InstantInput
        label={t("tryit.start")}
        value={instant}
        zone={account.zone}
        set={setInstant}
        error={instant ? undefined : t("tryit.startWrong")}
        required
      />
      <Accordion variant="separated" chevronPosition="left">
        <Accordion.Item value="more">
          <Accordion.Control>{t("tryit.more")}</Accordion.Control>
          <Accordion.Panel>
            <Stack gap="sm">
              <TextInput
                label={t("tryit.email")}
                value={person.email}
                onChange={(e) => put({ email: e.currentTarget.value })}
              />
              <TagsInput
                label={t("tryit.tags")}
                value={person.tags}
                onChange={(tags) => put({ tags })}
                acceptValueOnBlur
              />
              <Attributes person={person} put={put} />
              {split && (
                <NumberInput
                  label={t("tryit.ordinal")}
                  description={t("tryit.ordinalHint")}
                  min={0}
                  max={1_000_000}
                  value={ordinal}
                  onChange={(v) => setOrdinal(Number(v) || 0)}
                />
              )}
              <Window
                field={{ name: "window", kind: "window", label: { ru: label, en: label } }}
                at=""
                value={window}
                set={setWindow}
              />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
      <Button type="submit" disabled={!instant}>
        {t("tryit.begin")}
      </Button>
    </Stack>
  );
}

const personOf = (c: Contact): Person => ({
  name: c.name ?? "",
  phone: c.phone ?? "",
  email: c.email ?? "",
  zone: c.zone || c.local_zone,
  tags: c.tags ?? [],
  attributes: (c.attributes ?? {}) as Record<string, unknown>,
});

function Find({ take: pick }: { take: (c: Contact) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 250);
  const found = useQuery({
    queryKey: ["contacts", "tried", q],
    queryFn: () => take(api.GET("/api/v1/contacts", { params: { query: { q: q || undefined, limit: 20 } } })),
    placeholderData: keepPreviousData,
  });
  const items = found.data?.items ?? [];
  return (
    <Select
      label={t("tryit.contact")}
      placeholder={t("tryit.contactHint")}
      description={t("tryit.contactOr")}
      searchable
      searchValue={text}
      onSearchChange={setText}
      // The server has searched already.
      filter={({ options }) => options}
      data={items.map((c) => ({ value: c.id, label: [c.name, c.phone].filter(Boolean).join(", ") || c.id }))}
      nothingFoundMessage={t("tryit.contactNone")}
      onChange={(id) => {
        const c = items.find((x) => x.id === id);
        if (c) pick(c);
      }}
    />
  );
}

interface ChoiceProps {
  label: string;
  data: readonly (string | { value: string; label: string })[];
  value: string | null;
  set: (v: string | null) => void;
}

/** One of several values, or none. */
function Choice({ label, data, value, set }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <Select
      label={label}
      clearable
      clearButtonProps={{ "aria-label": t("tryit.clear") }}
      data={[...data]}
      value={value}
      onChange={set}
    />
  );
}

function Attributes({ person, put }: { person: Person; put: (p: Partial<Person>) => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const own = useQuery({
    queryKey: ["attributes"],
    queryFn: () => take(api.GET("/api/v1/attributes")),
    enabled: may("contacts:read"),
    staleTime: 60_000,
  });
  const set = (key: string, v: unknown) => {
    const { [key]: _, ...rest } = person.attributes;
    put({ attributes: v === "" || v === null || v === undefined ? rest : { ...rest, [key]: v } });
  };
  return (own.data?.items ?? []).map((a) => {
    const value = person.attributes[a.key];
    const label = a.title || a.key;
    if (a.type === "number")
      return (
        <NumberInput
          key={a.key}
          label={label}
          value={typeof value === "number" ? value : ""}
          onChange={(v) => set(a.key, v)}
        />
      );
    if (a.type === "boolean")
      return (
        <Choice
          key={a.key}
          label={label}
          data={[
            { value: "true", label: t("tryit.yes") },
            { value: "false", label: t("tryit.no") },
          ]}
          value={typeof value === "boolean" ? String(value) : null}
          set={(v) => set(a.key, v === null ? null : v === "true")}
        />
      );
    const put = (v: string | null) => set(a.key, v);
    if (a.type === "date")
      return <DayInput key={a.key} label={label} value={typeof value === "string" ? value : ""} set={put} />;
    if (a.type === "choice")
      return (
        <Choice
          key={a.key}
          label={label}
          data={a.choices}
          value={typeof value === "string" && a.choices.includes(value) ? value : null}
          set={put}
        />
      );
    return (
      <TextInput
        key={a.key}
        label={label}
        value={typeof value === "string" ? value : ""}
        onChange={(e) => put(e.currentTarget.value)}
      />
    );
  });
}

/** On whom, in a line. */
export function InBrief({ setting, change }: { setting: Setting; change: () => void }) {
  const { t } = useTranslation();
  const { name, phone, zone } = setting.person;
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Text size="sm" style={{ minWidth: 0, overflowWrap: "anywhere" }}>
        <b>{[name, phone].filter(Boolean).join(", ") || t("tryit.nobody")}</b> · {zone}
      </Text>
      <Button size="compact-sm" variant="default" onClick={change} style={{ flexShrink: 0 }}>
        {t("tryit.change")}
      </Button>
    </Group>
  );
}
