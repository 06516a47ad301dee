import { Button, Checkbox, Group as Row, SegmentedControl, Select } from "@mantine/core";
import { IconBan, IconDownload, IconFileImport, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import { number } from "../campaigns/format";
import { ContactsArea, Nothing } from "../contacts/Area";
import { Export } from "../contacts/Export";
import { Dialog } from "../contacts/Form";
import { channels } from "../contacts/model";
import { AddStops } from "./AddStops";
import { stopsKey, useRestore } from "./actions";
import { TakeOff } from "./TakeOff";

type Stop = components["schemas"]["Stop"];

const sorts = ["-created_at", "created_at", "address", "-address"] as const;

/** Addresses to which nothing is sent. */
export function Stops() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [channel, setChannel] = useParam("channel");
  const [state, setState] = useParam("state");
  const [sort, setSort] = useParam("sort", sorts[0]);
  const [, setAll] = useSearchParams();
  const [chosen, setChosen] = useState<string[]>([]);
  const [open, setOpen] = useState<"" | "add" | "off" | "export">("");
  const restore = useRestore();
  const removed = state === "removed";
  const list = useList<Stop>([...stopsKey, q, channel, removed, sort], (cursor) =>
    take(
      api.GET("/api/v1/stops", {
        params: {
          query: {
            q: q.trim() || undefined,
            channel: channel || undefined,
            removed: removed || undefined,
            sort: sorts.find((s) => s === sort),
            cursor: cursor || undefined,
            limit: 50,
          },
        },
      }),
    ),
  );
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  const writes = may("stops:write");
  const off = (ids: string[]) => {
    setChosen(ids);
    setOpen("off");
  };
  const close = () => setOpen("");
  return (
    <ContactsArea action={writes && <Actions open={setOpen} />}>
      <ListFrame
        label={t("contacts.place.stops")}
        list={list}
        id={(s) => s.id}
        search={[q, setQ]}
        sort={{
          value: sorts.find((s) => s === sort) ?? sorts[0],
          set: setSort,
          options: sorts.map((value) => ({ value, label: t(`stops.sort.${value}`) })),
        }}
        filtered={Boolean(q || channel)}
        lead={
          writes
            ? {
                title: (
                  <Checkbox
                    aria-label={t("contacts.choose.all")}
                    checked={items.length > 0 && items.every((s) => chosen.includes(s.id))}
                    onChange={(e) => setChosen(e.currentTarget.checked ? items.map((s) => s.id) : [])}
                  />
                ),
                cell: (s) => (
                  <Checkbox
                    aria-label={t("contacts.choose.one", { name: s.address })}
                    checked={chosen.includes(s.id)}
                    onChange={(e) =>
                      setChosen(e.currentTarget.checked ? [...chosen, s.id] : chosen.filter((id) => id !== s.id))
                    }
                  />
                ),
              }
            : undefined
        }
        columns={useColumns(removed, writes, off, (id) => restore([id]))}
        filters={
          <>
            <Select
              label={t("stops.channel")}
              data={[
                { value: "", label: t("stops.anyChannel") },
                { value: "all", label: t("stops.onlyAll") },
                ...channels.map((value) => ({ value, label: t(`contacts.channel.${value}`) })),
              ]}
              value={channel}
              allowDeselect={false}
              onChange={(v) => setChannel(v ?? "")}
              w={220}
            />
            <SegmentedControl
              aria-label={t("stops.which")}
              value={removed ? "removed" : "on"}
              onChange={(v) => {
                setChosen([]);
                setState(v === "removed" ? v : "");
              }}
              data={[
                { value: "on", label: t("stops.on") },
                { value: "removed", label: t("stops.removed") },
              ]}
            />
            {chosen.length > 0 && (
              <Button
                variant="light"
                onClick={() => (removed ? restore(chosen).then(() => setChosen([])) : off(chosen))}
              >
                {t(removed ? "stops.restoreMany" : "stops.offMany", { n: number(chosen.length) })}
              </Button>
            )}
          </>
        }
        empty={
          <Empty
            icon={<IconBan size={48} stroke={1.2} aria-hidden />}
            title={t(removed ? "stops.noneRemoved" : "stops.empty")}
          >
            {t(removed ? "stops.noneRemovedText" : "stops.emptyText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
      />
      <Dialog opened={open === "add"} close={close} title={t("stops.add.title")}>
        <AddStops close={close} />
      </Dialog>
      <Dialog opened={open === "off"} close={close} title={t("stops.off.title", { n: number(chosen.length) })}>
        <TakeOff ids={chosen} close={close} done={() => setChosen([])} />
      </Dialog>
      <Dialog opened={open === "export"} close={close} title={t("stops.export")}>
        <Export stops close={close} />
      </Dialog>
    </ContactsArea>
  );
}

function Actions({ open }: { open: (what: "add" | "export") => void }) {
  const { t } = useTranslation();
  return (
    <Row gap="xs">
      <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />} onClick={() => open("export")}>
        {t("stops.export")}
      </Button>
      <Button
        component={Link}
        to="/contacts/imports/new?kind=stop_list"
        variant="default"
        leftSection={<IconFileImport size={18} aria-hidden />}
      >
        {t("stops.file")}
      </Button>
      <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => open("add")}>
        {t("stops.add.open")}
      </Button>
    </Row>
  );
}

function useColumns(
  removed: boolean,
  writes: boolean,
  off: (ids: string[]) => void,
  restore: (id: string) => void,
): Column<Stop>[] {
  const { t, i18n } = useTranslation();
  const zone = useSession().me.user?.zone;
  const reason = (r: string) => (i18n.exists(`stops.reason.${r}`) ? t(`stops.reason.${r}`) : r);
  const columns: Column<Stop>[] = [
    { key: "address", title: t("stops.address"), cell: (s) => <b>{s.address}</b> },
    {
      key: "channel",
      title: t("stops.channel"),
      cell: (s) =>
        s.channel ? t(`contacts.channel.${s.channel}`, { defaultValue: s.channel }) : t("stops.allChannels"),
    },
    { key: "why", title: t("stops.why"), cell: (s) => (removed ? (s.removed_because ?? "—") : reason(s.reason)) },
    { key: "source", title: t("contacts.field.source"), cell: (s) => s.source || "—" },
    {
      key: "by",
      title: t(removed ? "stops.removedBy" : "stops.by"),
      cell: (s) => (removed ? s.removed_by : s.added_by) || t("stops.itself"),
    },
    {
      key: "when",
      title: t("stops.when"),
      cell: (s) => when((removed && s.removed_at) || s.created_at, zone),
    },
  ];
  if (writes)
    columns.push({
      key: "actions",
      title: t("parts.actions"),
      cell: (s) => (
        <Button size="compact-sm" variant="default" onClick={() => (removed ? restore(s.id) : off([s.id]))}>
          {t(removed ? "stops.restore" : "stops.off.open")}
        </Button>
      ),
    });
  return columns;
}
