import { Button, Select } from "@mantine/core";
import { IconArrowMerge } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { Empty } from "../../parts/Empty";
import { ListFrame, useList, useParam } from "../../parts/ListFrame";
import { number } from "../campaigns/format";
import { ContactsArea, Nothing } from "./Area";
import { NameLink } from "./Contacts";
import { Dialog } from "./Form";
import { Merge } from "./Merge";
import { contactsKey } from "./model";

type Found = components["schemas"]["Doubles"];
const ways = ["email", "address", "name"] as const;

/** Contacts that look like one person, to be merged. */
export function Doubles() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [by, setBy] = useParam("by");
  const [q, setQ] = useParam("q");
  const [, setAll] = useSearchParams();
  const [open, setOpen] = useState<Found | null>(null);
  const way = ways.find((w) => w === by);
  const list = useList<Found>([...contactsKey, "doubles", by, q], (cursor) =>
    take(
      api.GET("/api/v1/contacts/doubles", {
        params: { query: { by: way, q: q.trim() || undefined, cursor: cursor || undefined, limit: 30 } },
      }),
    ),
  );
  return (
    <ContactsArea>
      <ListFrame
        label={t("contacts.place.doubles")}
        list={list}
        id={(d) => `${d.by} ${d.value} ${d.contacts[0]?.id}`}
        search={[q, setQ]}
        filtered={Boolean(by || q)}
        filters={
          <Select
            label={t("contacts.doubles.by")}
            data={[
              { value: "", label: t("contacts.doubles.any") },
              ...ways.map((value) => ({ value, label: t(`contacts.doubles.${value}`) })),
            ]}
            value={by}
            allowDeselect={false}
            onChange={(v) => setBy(v ?? "")}
            w={240}
          />
        }
        columns={[
          { key: "by", title: t("contacts.doubles.by"), cell: (d) => t(`contacts.doubles.${d.by}`) },
          { key: "value", title: t("contacts.doubles.value"), cell: (d) => d.value },
          { key: "count", title: t("contacts.doubles.count"), numeric: true, cell: (d) => number(d.count) },
          {
            key: "contacts",
            title: t("app.menu.contacts"),
            cell: (d) => (
              <>
                {d.contacts.slice(0, 5).map((c) => (
                  <div key={c.id}>
                    <NameLink contact={c} /> {c.name && c.phone}
                  </div>
                ))}
              </>
            ),
          },
          ...(may("contacts:write")
            ? [
                {
                  key: "actions",
                  title: t("parts.actions"),
                  cell: (d: Found) => (
                    <Button size="compact-sm" variant="default" onClick={() => setOpen(d)}>
                      {t("contacts.merge.open")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
        empty={
          <Empty icon={<IconArrowMerge size={48} stroke={1.2} aria-hidden />} title={t("contacts.doubles.none")}>
            {t("contacts.doubles.noneText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
      />
      <Dialog opened={open !== null} close={() => setOpen(null)} title={t("contacts.merge.title")}>
        <Merge contacts={open?.contacts ?? []} close={() => setOpen(null)} />
      </Dialog>
    </ContactsArea>
  );
}
