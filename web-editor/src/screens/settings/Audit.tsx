import { Select, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { Empty } from "../../parts/Empty";
import { ListFrame, useList, useParam } from "../../parts/ListFrame";
import { DayInput } from "../../parts/WallInput";
import { moment, number } from "../campaigns/format";
import { Nothing } from "../contacts/Area";
import { fromWall } from "../launch/wall";
import { type Catalogue, changeLines, searchFor, type Tongue } from "./audit";
import { auditObjects, type Entry, usersKey } from "./model";
import { SettingsArea } from "./SettingsArea";

const day = 24 * 3600 * 1000;

/** What was done in the account, and by whom. */
export function Audit() {
  const { t, i18n } = useTranslation();
  const { me, may } = useSession();
  const zone = me.user?.zone ?? "UTC";
  const [q, setQ] = useParam("q");
  const [user, setUser] = useParam("user");
  const [what, setWhat] = useParam("what");
  const [from, setFrom] = useParam("from");
  const [to, setTo] = useParam("to");
  const [, setAll] = useSearchParams();
  const since = from ? fromWall(`${from}T00:00`, zone) : undefined;
  // A last day counts whole.
  const next = to ? new Date(Date.parse(`${to}T00:00Z`) + day).toISOString().slice(0, 10) : "";
  const until = next ? fromWall(`${next}T00:00`, zone) : undefined;
  const users = useQuery({
    queryKey: [...usersKey, "choice"],
    queryFn: () => take(api.GET("/api/v1/users", { params: { query: { limit: 200 } } })),
    enabled: may("users:read"),
  });
  const tongue = useTongue();
  const words = q.trim() && searchFor(q, tongue.catalogue);
  const list = useList<Entry>(["audit", words, user, what, since, until], (cursor) =>
    take(
      api.GET("/api/v1/audit", {
        params: {
          query: {
            q: words || undefined,
            user: user || undefined,
            what: what || undefined,
            since,
            until,
            cursor: cursor || undefined,
            limit: 50,
          },
        },
      }),
    ),
  );
  const clear = { clearable: true, clearButtonProps: { "aria-label": t("contacts.clear") } };
  const name = (w: string) => (i18n.exists(`settings.audit.what.${w}`) ? t(`settings.audit.what.${w}`) : w);
  const subject = (o: string) => t(`audit.subject.${o}`, { defaultValue: o });
  return (
    <SettingsArea>
      <ListFrame
        label={t("settings.place.audit")}
        list={list}
        id={(e) => e.id}
        search={[q, setQ]}
        filtered={Boolean(q || user || what || from || to)}
        filters={
          <>
            {may("users:read") && (
              <Select
                label={t("settings.audit.who")}
                data={(users.data?.items ?? []).map((u) => ({ value: u.id, label: u.name || u.email }))}
                value={user || null}
                onChange={(v) => setUser(v ?? "")}
                searchable
                {...clear}
                w={220}
              />
            )}
            <Select
              label={t("settings.audit.about")}
              data={auditObjects.map((value) => ({ value, label: t(`settings.audit.object.${value}`) }))}
              value={what || null}
              onChange={(v) => setWhat(v ?? "")}
              searchable
              {...clear}
              w={220}
            />
            <DayInput label={t("settings.audit.from")} value={from} set={setFrom} />
            <DayInput label={t("settings.audit.to")} value={to} set={setTo} />
          </>
        }
        columns={[
          { key: "at", title: t("settings.audit.at"), cell: (e) => moment(e.at, zone) },
          {
            key: "who",
            title: t("settings.audit.who"),
            cell: (e) => (e.user || e.token ? e.name : t("settings.audit.system")),
          },
          {
            key: "what",
            title: t("settings.audit.did"),
            cell: (e) => (
              <>
                {name(e.what)}
                {e.object_id && (
                  <Text size="xs" c="dimmed">
                    {subject(e.object)} {e.object_id}
                  </Text>
                )}
              </>
            ),
          },
          { key: "change", title: t("settings.audit.change"), cell: (e) => <Change entry={e} tongue={tongue} /> },
          { key: "ip", title: "IP", cell: (e) => e.ip || "—" },
        ]}
        empty={<Empty icon={<IconHistory size={48} stroke={1.2} aria-hidden />} title={t("settings.audit.empty")} />}
        nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
      />
    </SettingsArea>
  );
}

/** How the log speaks: its codes, fields and values in the reader's language and zone. */
function useTongue(): Tongue {
  const { t, i18n } = useTranslation();
  const zone = useSession().me.user?.zone ?? "UTC";
  return useMemo(() => {
    const all = i18n.getResourceBundle(i18n.language, "translation") as Record<string, Catalogue["value"]>;
    const of = (area: string, key: string) => (all[area]?.[key] ?? {}) as Catalogue["value"];
    const channel = of("contacts", "channel");
    const scopes = Object.fromEntries(
      Object.entries(of("settings", "scope")).map(([k, v]) => [k.replace(/_(?=[a-z]+$)/, ":"), v]),
    );
    const days = new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" });
    const { what, object } = of("settings", "audit") as unknown as Pick<Catalogue, "what" | "object">;
    return {
      catalogue: {
        what,
        object,
        field: of("audit", "field"),
        value: {
          ...of("audit", "value"),
          ...{ role: of("settings", "role"), scopes, channel, channels: channel, addresses: channel },
          ...{ was: of("campaigns", "state"), state: of("campaign", "person"), who: of("campaigns", "followUp") },
          ...{ type: of("contacts", "type"), doubles: of("imports", "doubles"), existing: of("imports", "existing") },
          ...{ by_reason: of("imports", "code"), warnings: of("imports", "code") },
        },
      },
      say: (key, values) => t(key, values ?? {}),
      number,
      moment: (instant) => moment(instant, zone),
      weekday: (n) => days.format(Date.UTC(2024, 0, n)), // the first of January 2024 was a Monday
    };
  }, [t, i18n, zone]);
}

function Change({ entry: e, tongue }: { entry: Entry; tongue: Tongue }) {
  const lines = changeLines(e.change, tongue, e.what === "user.role_changed" ? "role" : "");
  if (!lines.length) return <>—</>;
  return (
    <Text size="xs" component="div" maw={360} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {lines.join("\n")}
    </Text>
  );
}
