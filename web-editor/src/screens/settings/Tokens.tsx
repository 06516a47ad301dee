import { Badge, Button, Checkbox, Group as Row, ScrollArea, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import { told } from "../../parts/tell";
import { Nothing } from "../contacts/Area";
import { ask, Dialog, Form } from "../contacts/Form";
import { InstantInput } from "../launch/parts";
import { scopeKey, type Token, tokensKey } from "./model";
import { Once } from "./Once";
import { SettingsArea } from "./SettingsArea";

const orders = ["created_at", "-created_at", "name", "-name"] as const;

/** The keys by which programs use the API. */
export function Tokens() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [state, setState] = useParam("state");
  const [sort, setSort] = useParam("sort", "created_at");
  const [, setAll] = useSearchParams();
  const [making, setMaking] = useState(false);
  const list = useList<Token>([...tokensKey, q, state, sort], (cursor) =>
    take(
      api.GET("/api/v1/tokens", {
        params: {
          query: {
            q: q || undefined,
            state: state === "open" || state === "expired" ? state : undefined,
            sort: orders.find((o) => o === sort),
            cursor: cursor || undefined,
            limit: 50,
          },
        },
      }),
    ),
  );
  const writes = may("users:write");
  return (
    <SettingsArea
      action={
        writes && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
            {t("settings.tokens.make")}
          </Button>
        )
      }
    >
      <ListFrame
        label={t("settings.place.tokens")}
        list={list}
        columns={useColumns(writes)}
        id={(k) => k.id}
        search={[q, setQ]}
        sort={{
          value: sort,
          set: setSort,
          options: orders.map((o) => ({ value: o, label: t(`settings.tokens.sort.${o}`) })),
        }}
        filters={
          <Select
            label={t("settings.tokens.state")}
            data={["open", "expired"].map((value) => ({ value, label: t(`settings.tokens.${value}`) }))}
            value={state || null}
            onChange={(v) => setState(v ?? "")}
            clearable
            clearButtonProps={{ "aria-label": t("contacts.clear") }}
            w={170}
          />
        }
        filtered={Boolean(q || state)}
        empty={
          <Empty icon={<IconKey size={48} stroke={1.2} aria-hidden />} title={t("settings.tokens.empty")}>
            {t("settings.tokens.emptyText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
      />
      <Dialog opened={making} close={() => setMaking(false)} title={t("settings.tokens.make")} size="lg">
        <Make close={() => setMaking(false)} />
      </Dialog>
    </SettingsArea>
  );
}

function useColumns(writes: boolean): Column<Token>[] {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  const queries = useQueryClient();
  const askEnd = (k: Token) =>
    ask({
      title: t("settings.tokens.endTitle", { name: k.name }),
      text: t("settings.tokens.endText"),
      confirm: t("settings.tokens.end"),
      go: async () => {
        await api.DELETE("/api/v1/tokens/{token}", { params: { path: { token: k.id } } });
        await queries.invalidateQueries({ queryKey: tokensKey });
        told(t("settings.tokens.ended", { name: k.name }));
      },
    });
  const columns: Column<Token>[] = [
    {
      key: "name",
      title: t("settings.tokens.name"),
      cell: (k) => (
        <>
          <Text size="sm" fw={550}>
            {k.name}
          </Text>
          <Text size="xs" c="dimmed" component="code">
            {k.prefix}…
          </Text>
        </>
      ),
    },
    {
      key: "scopes",
      title: t("settings.tokens.scopes"),
      cell: (k) => (
        <Row gap={4} maw={360}>
          {k.scopes.map((s) => (
            <Badge key={s} size="sm" variant="light" color="gray" c="var(--mantine-color-text)" tt="none" fw={500}>
              {t(`settings.scope.${scopeKey(s)}`, { defaultValue: s })}
            </Badge>
          ))}
        </Row>
      ),
    },
    {
      key: "used",
      title: t("settings.tokens.used"),
      cell: (k) => (k.used_at ? when(k.used_at, zone) : t("settings.tokens.never")),
    },
    {
      key: "expires",
      title: t("settings.tokens.expires"),
      cell: (k) =>
        !k.expires_at
          ? t("settings.tokens.forever")
          : Date.parse(k.expires_at) < Date.now()
            ? t("settings.tokens.expired")
            : when(k.expires_at, zone),
    },
  ];
  if (writes)
    columns.push({
      key: "actions",
      title: t("parts.actions"),
      cell: (k) => (
        <Button size="compact-sm" variant="default" onClick={() => askEnd(k)}>
          {t("settings.tokens.end")}
        </Button>
      ),
    });
  return columns;
}

function Make({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [expires, setExpires] = useState<string | undefined>();
  const [secret, setSecret] = useState("");
  const make = async () => {
    const made = await take(api.POST("/api/v1/tokens", { body: { name: name.trim(), scopes, expires_at: expires } }));
    setSecret(made.secret);
    await queries.invalidateQueries({ queryKey: tokensKey });
  };
  if (secret)
    return (
      <Once label={t("settings.tokens.secret")} text={t("settings.tokens.secretText")} secret={secret} close={close} />
    );
  return (
    <Form
      submit={make}
      close={close}
      stays
      label={t("settings.tokens.make")}
      fields={["name", "expires_at"]}
      disabled={!name.trim() || !scopes.length}
    >
      {(errors) => (
        <>
          <TextInput
            label={t("settings.tokens.name")}
            description={t("settings.tokens.nameHint")}
            value={name}
            maxLength={100}
            onChange={(e) => setName(e.currentTarget.value)}
            error={errors.name}
            data-autofocus
          />
          <Checkbox.Group value={scopes} onChange={setScopes} label={t("settings.tokens.scopes")}>
            <ScrollArea.Autosize mah={280} mt="xs" type="auto">
              <Stack gap={8}>
                {me.scopes
                  .filter((s) => s !== "account:own")
                  .map((s) => (
                    <Checkbox
                      key={s}
                      value={s}
                      label={t(`settings.scope.${scopeKey(s)}`, { defaultValue: s })}
                      description={<code>{s}</code>}
                    />
                  ))}
              </Stack>
            </ScrollArea.Autosize>
          </Checkbox.Group>
          <InstantInput
            label={t("settings.tokens.expires")}
            description={t("settings.tokens.expiresHint")}
            value={expires}
            zone={me.user?.zone ?? "UTC"}
            set={setExpires}
            error={errors.expires_at}
          />
        </>
      )}
    </Form>
  );
}
