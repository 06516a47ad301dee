import { Button, Checkbox } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import type { components } from "../../api/schema";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { ListFrame, useList, useParam } from "../../parts/ListFrame";
import { tell } from "../../parts/tell";
import { number } from "../campaigns/format";
import { ContactsArea, Nothing } from "./Area";
import { useContactActions } from "./actions";
import { contactsKey, titleOf } from "./model";

type Deleted = components["schemas"]["Deleted"];

/** Contacts that were deleted, to be brought back. */
export function Bin() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const zone = me.user?.zone;
  const { restore } = useContactActions();
  const [q, setQ] = useParam("q");
  const [chosen, setChosen] = useState<string[]>([]);
  const list = useList<Deleted>([...contactsKey, "deleted", q], (cursor) =>
    take(
      api.GET("/api/v1/contacts/deleted", {
        params: { query: { q: q || undefined, cursor: cursor || undefined, limit: 50 } },
      }),
    ),
  );
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  const writes = may("contacts:write");
  const back = (ids: string[]) =>
    restore(ids)
      .then(() => setChosen([]))
      .catch(tell);
  return (
    <ContactsArea
      action={
        chosen.length > 0 && (
          <Button onClick={() => back(chosen)}>{t("contacts.bin.restoreMany", { n: number(chosen.length) })}</Button>
        )
      }
    >
      <ListFrame
        label={t("contacts.place.bin")}
        list={list}
        id={(c) => c.id}
        search={[q, setQ]}
        filtered={q !== ""}
        lead={
          writes
            ? {
                title: (
                  <Checkbox
                    aria-label={t("contacts.choose.all")}
                    checked={items.length > 0 && items.every((c) => chosen.includes(c.id))}
                    onChange={(e) => setChosen(e.currentTarget.checked ? items.map((c) => c.id) : [])}
                  />
                ),
                cell: (c) => (
                  <Checkbox
                    aria-label={t("contacts.choose.one", { name: titleOf(c) })}
                    checked={chosen.includes(c.id)}
                    onChange={(e) =>
                      setChosen(e.currentTarget.checked ? [...chosen, c.id] : chosen.filter((id) => id !== c.id))
                    }
                  />
                ),
              }
            : undefined
        }
        columns={[
          { key: "name", title: t("contacts.field.name"), cell: titleOf },
          { key: "phone", title: t("contacts.field.phone"), cell: (c) => c.phone || "—" },
          { key: "by", title: t("contacts.bin.by"), cell: (c) => c.deleted_by || "—" },
          { key: "at", title: t("contacts.bin.at"), cell: (c) => when(c.deleted_at, zone) },
          { key: "until", title: t("contacts.bin.until"), cell: (c) => when(c.until, zone) },
          ...(writes
            ? [
                {
                  key: "actions",
                  title: t("parts.actions"),
                  cell: (c: Deleted) => (
                    <Button size="compact-sm" variant="default" onClick={() => back([c.id])}>
                      {t("contacts.bin.restore")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
        empty={
          <Empty icon={<IconTrash size={48} stroke={1.2} aria-hidden />} title={t("contacts.bin.empty")}>
            {t("contacts.bin.emptyText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setQ("")} />}
      />
    </ContactsArea>
  );
}
