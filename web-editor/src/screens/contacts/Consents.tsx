import { Badge, Button, Group, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Failure } from "../../parts/Failure";
import { told } from "../../parts/tell";
import { Section } from "../launch/parts";
import { ask, Dialog, Form } from "./Form";
import { type Contact, channels, contactsKey } from "./model";

type Consent = components["schemas"]["Consent"];

/** What a contact agreed to, channel by channel, and what was withdrawn. */
export function Consents({ contact: c }: { contact: Contact }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const path = { contact: c.id };
  const list = useQuery({
    queryKey: [...contactsKey, "one", c.id, "consents"],
    queryFn: () => take(api.GET("/api/v1/contacts/{contact}/consents", { params: { path } })),
  });
  const fresh = () => queries.invalidateQueries({ queryKey: contactsKey });
  const withdraw = (channel: string) =>
    ask({
      title: t("contacts.consent.withdrawTitle", { channel: t(`contacts.channel.${channel}`) }),
      text: t("contacts.consent.withdrawText"),
      confirm: t("contacts.consent.withdraw"),
      go: async () => {
        await api.DELETE("/api/v1/contacts/{contact}/consents/{channel}", { params: { path: { ...path, channel } } });
        await fresh();
        told(t("contacts.consent.withdrawn"));
      },
    });
  return (
    <Section title={t("contacts.field.consents")}>
      {list.isError && <Failure error={list.error} again={() => list.refetch()} />}
      {list.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("contacts.consent.none")}
        </Text>
      )}
      {list.data?.items.map((one) => (
        <One key={one.id} consent={one} withdraw={may("contacts:write") ? withdraw : undefined} />
      ))}
      {may("contacts:write") && (
        <Button size="xs" variant="default" style={{ alignSelf: "flex-start" }} onClick={() => setOpen(true)}>
          {t("contacts.consent.add")}
        </Button>
      )}
      <Dialog opened={open} close={() => setOpen(false)} title={t("contacts.consent.add")}>
        <Give contact={c.id} close={() => setOpen(false)} done={fresh} />
      </Dialog>
    </Section>
  );
}

function One({ consent: c, withdraw }: { consent: Consent; withdraw?: (channel: string) => void }) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return (
    <Stack gap={2}>
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {t(`contacts.channel.${c.channel}`)}
          </Text>
          <Badge size="sm" variant="light" color={c.valid ? "green" : "gray"} c="var(--mantine-color-text)" tt="none">
            {t(c.valid ? "contacts.consent.valid" : "contacts.consent.withdrawn")}
          </Badge>
        </Group>
        {c.valid && withdraw && (
          <Button size="compact-xs" variant="subtle" c="var(--mantine-color-text)" onClick={() => withdraw(c.channel)}>
            {t("contacts.consent.withdraw")}
          </Button>
        )}
      </Group>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        «{c.text}»
      </Text>
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {t("contacts.consent.given", { when: when(c.given_at, zone), source: c.source })}
        {c.withdrawn_at && ` · ${t("contacts.consent.ended", { when: when(c.withdrawn_at, zone) })}`}
      </Text>
    </Stack>
  );
}

function Give({ contact, close, done }: { contact: string; close: () => void; done: () => Promise<unknown> }) {
  const { t } = useTranslation();
  const [channel, setChannel] = useState<string>("sms");
  const [text, setText] = useState("");
  const [source, setSource] = useState("");
  const give = async () => {
    await api.POST("/api/v1/contacts/{contact}/consents", {
      params: { path: { contact }, header: once() },
      body: { channel, text, source },
    });
    await done();
  };
  return (
    <Form submit={give} close={close} label={t("parts.save")} fields={["channel", "text", "source"]}>
      {(errors) => (
        <>
          <Select
            label={t("contacts.consent.channel")}
            data={channels.map((value) => ({ value, label: t(`contacts.channel.${value}`) }))}
            value={channel}
            allowDeselect={false}
            onChange={(v) => v && setChannel(v)}
            error={errors.channel}
          />
          <Textarea
            label={t("contacts.consent.text")}
            value={text}
            maxLength={10_000}
            autosize
            minRows={2}
            maxRows={8}
            onChange={(e) => setText(e.currentTarget.value)}
            error={errors.text}
          />
          <TextInput
            label={t("contacts.consent.source")}
            description={t("contacts.consent.sourceHint")}
            value={source}
            maxLength={500}
            onChange={(e) => setSource(e.currentTarget.value)}
            error={errors.source}
          />
        </>
      )}
    </Form>
  );
}
