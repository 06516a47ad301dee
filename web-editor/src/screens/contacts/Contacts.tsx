import { Anchor, Button, Checkbox, Group } from "@mantine/core";
import { IconFileImport, IconPlus, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { Empty } from "../../parts/Empty";
import { ListFrame, useList, useParam } from "../../parts/ListFrame";
import { Add } from "./Add";
import { ContactsArea, Nothing } from "./Area";
import { Chosen } from "./Chosen";
import { useColumns } from "./columns";
import { Filters } from "./Filters";
import { Dialog } from "./Form";
import { Found } from "./Found";
import { type Contact, contactsKey, keepColumns, keptColumns, sortOf, sorts, titleOf } from "./model";

function useContacts(q: string, filter: string, group: string, sort: string) {
  return useList<Contact>([...contactsKey, "list", q, filter, group, sort], (cursor) =>
    take(
      api.GET("/api/v1/contacts", {
        params: {
          query: {
            q: q.trim() || undefined,
            filter: filter || undefined,
            group: group || undefined,
            sort: sortOf(sort),
            cursor: cursor || undefined,
            limit: 50,
          },
        },
      }),
    ),
  );
}

/** The contacts of the account. */
export function Contacts() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [filter, setFilter] = useParam("filter");
  const [group, setGroup] = useParam("group");
  const [sort, setSort] = useParam("sort", "-created_at");
  const [, setAll] = useSearchParams();
  const [columns, setColumns] = useState(keptColumns);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Contact>>(new Map());
  const list = useContacts(q, filter, group, sort);
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  const writes = may("contacts:write");
  const shape = useColumns(columns, items);
  const choose = (of: Contact[], on: boolean) => {
    const next = new Map(chosen);
    for (const c of of) on ? next.set(c.id, c) : next.delete(c.id);
    setChosen(next);
  };
  const clear = () => setAll({}, { replace: true });
  const filtered = Boolean(q || filter || group);
  const lead = {
    title: (
      <Checkbox
        aria-label={t("contacts.choose.all")}
        checked={items.length > 0 && items.every((c) => chosen.has(c.id))}
        indeterminate={items.some((c) => chosen.has(c.id)) && !items.every((c) => chosen.has(c.id))}
        onChange={(e) => choose(items, e.currentTarget.checked)}
      />
    ),
    cell: (c: Contact) => (
      <Checkbox
        aria-label={t("contacts.choose.one", { name: titleOf(c) })}
        checked={chosen.has(c.id)}
        onChange={(e) => choose([c], e.currentTarget.checked)}
      />
    ),
  };
  return (
    <ContactsArea action={writes && <New />}>
      {chosen.size > 0 && <Chosen contacts={[...chosen.values()]} clear={() => setChosen(new Map())} />}
      <ListFrame
        label={t("app.menu.contacts")}
        list={list}
        columns={shape.shown}
        id={(c) => c.id}
        lead={lead}
        search={[q, setQ]}
        sort={{ value: sort, set: setSort, options: sorts.map((s) => ({ value: s, label: t(`contacts.sort.${s}`) })) }}
        filters={
          <>
            <Filters filter={filter} setFilter={setFilter} group={group} setGroup={setGroup} />
            <Found
              filtered={filtered}
              selection={q.trim() ? null : { filter: filter || undefined, groups: group ? [group] : undefined }}
              columns={columns}
              all={shape.all}
              setColumns={(v) => {
                keepColumns(v);
                setColumns(v);
              }}
            />
          </>
        }
        filtered={filtered}
        empty={
          <Empty
            icon={<IconUsers size={48} stroke={1.2} aria-hidden />}
            title={t("contacts.empty.title")}
            action={
              writes && (
                <Button
                  component={Link}
                  to="/contacts/imports/new"
                  leftSection={<IconFileImport size={18} aria-hidden />}
                >
                  {t("contacts.import")}
                </Button>
              )
            }
          >
            {t(writes ? "contacts.empty.text" : "contacts.empty.read")}
          </Empty>
        }
        nothing={<Nothing clear={clear} />}
      />
    </ContactsArea>
  );
}

function New() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Group gap="xs">
      <Button
        component={Link}
        to="/contacts/imports/new"
        variant="default"
        leftSection={<IconFileImport size={18} aria-hidden />}
      >
        {t("contacts.import")}
      </Button>
      <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setOpen(true)}>
        {t("contacts.add.open")}
      </Button>
      <Dialog opened={open} close={() => setOpen(false)} title={t("contacts.add.title")}>
        <Add close={() => setOpen(false)} />
      </Dialog>
    </Group>
  );
}

/** A contact's name, as a way to its card. */
export function NameLink({ contact: c }: { contact: Pick<Contact, "id" | "name" | "phone" | "email"> }) {
  return (
    <Anchor component={Link} to={`/contacts/${c.id}`} fw={550} size="sm" style={{ overflowWrap: "anywhere" }}>
      {titleOf(c)}
    </Anchor>
  );
}
