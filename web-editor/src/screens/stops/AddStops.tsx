import { Alert, Button, Group, List, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import type { components } from "../../api/schema";
import { number } from "../campaigns/format";
import { Form } from "../contacts/Form";
import { channels } from "../contacts/model";
import { stopsKey } from "./actions";

type Added = components["schemas"]["StopsAdded"];

/** Puts addresses on the stop list by hand, and says which were none. */
export function AddStops({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [channel, setChannel] = useState("");
  const [reason, setReason] = useState("");
  const [came, setCame] = useState<Added | null>(null);
  const addresses = text
    .split(/[\n,;]+/)
    .map((a) => a.trim())
    .filter(Boolean);
  const add = async () => {
    const body = { addresses, channel: channel || undefined, reason };
    setCame(await take(api.POST("/api/v1/stops", { params: { header: once() }, body })));
    await queries.invalidateQueries({ queryKey: stopsKey });
  };
  if (came) return <Came came={came} close={close} />;
  return (
    <Form
      submit={add}
      close={close}
      stays
      label={t("stops.add.go")}
      fields={["addresses", "channel", "reason"]}
      disabled={!addresses.length || !reason.trim()}
    >
      {(errors) => (
        <>
          <Textarea
            label={t("stops.add.addresses")}
            description={t("stops.add.hint")}
            value={text}
            autosize
            minRows={3}
            maxRows={12}
            onChange={(e) => setText(e.currentTarget.value)}
            error={errors.addresses}
            data-autofocus
          />
          <Select
            label={t("stops.channel")}
            data={[
              { value: "", label: t("stops.allChannels") },
              ...channels.map((value) => ({ value, label: t(`contacts.channel.${value}`) })),
            ]}
            value={channel}
            allowDeselect={false}
            onChange={(v) => setChannel(v ?? "")}
            error={errors.channel}
          />
          <TextInput
            label={t("stops.why")}
            value={reason}
            maxLength={500}
            onChange={(e) => setReason(e.currentTarget.value)}
            error={errors.reason}
          />
        </>
      )}
    </Form>
  );
}

function Came({ came, close }: { came: Added; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Alert color={came.refused.length ? "yellow" : "green"} role="status">
        {t("stops.add.done", { added: number(came.added.length), already: number(came.already) })}
      </Alert>
      {came.refused.length > 0 && (
        <>
          <Text size="sm">{t("stops.add.refused")}</Text>
          <List size="sm">
            {came.refused.map((r) => (
              <List.Item key={r.index}>
                <b>{r.address}</b>: {r.message}
              </List.Item>
            ))}
          </List>
        </>
      )}
      <Group justify="flex-end">
        <Button onClick={close}>{t("parts.close")}</Button>
      </Group>
    </Stack>
  );
}
