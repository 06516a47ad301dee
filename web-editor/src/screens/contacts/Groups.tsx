import { Anchor, Button, Group as Row, SegmentedControl, TextInput } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, once, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import { tell, told } from "../../parts/tell";
import { number } from "../campaigns/format";
import { ContactsArea, Nothing } from "./Area";
import { ask, Dialog, Form } from "./Form";
import { contactsKey, type Group, groupsKey } from "./model";

/** The groups of contacts, and the deleted ones that can be had back. */
export function Groups() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [state, setState] = useParam("state");
  const [, setAll] = useSearchParams();
  const [editing, setEditing] = useState<Group | "new" | null>(null);
  const close = () => setEditing(null);
  const deleted = state === "deleted";
  const list = useList<Group>([...groupsKey, "list", q, deleted], (cursor) =>
    take(
      api.GET("/api/v1/groups", {
        params: { query: { q: q || undefined, deleted: deleted || undefined, cursor: cursor || undefined, limit: 50 } },
      }),
    ),
  );
  const add = may("contacts:write") && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("contacts.groups.add")}
    </Button>
  );
  return (
    <ContactsArea action={add}>
      <ListFrame
        label={t("contacts.place.groups")}
        list={list}
        id={(g) => g.id}
        search={[q, setQ]}
        filtered={q !== ""}
        filters={
          <SegmentedControl
            aria-label={t("contacts.groups.which")}
            value={deleted ? "deleted" : "there"}
            onChange={(v) => setState(v === "deleted" ? v : "")}
            data={["there", "deleted"].map((value) => ({ value, label: t(`contacts.groups.${value}`) }))}
          />
        }
        columns={useColumns(deleted, setEditing)}
        empty={
          <Empty
            icon={<IconUsersGroup size={48} stroke={1.2} aria-hidden />}
            title={t(deleted ? "contacts.groups.noneDeleted" : "contacts.groups.empty")}
          >
            {t(deleted ? "contacts.groups.noneDeletedText" : "contacts.groups.emptyText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
      />
      <Dialog
        opened={editing !== null}
        close={close}
        title={t(editing === "new" ? "contacts.groups.add" : "contacts.groups.rename")}
      >
        <Name group={editing === "new" ? null : editing} close={close} />
      </Dialog>
    </ContactsArea>
  );
}

function useGroupActions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const at = (g: Group) => ({ params: { path: { group: g.id } } });
  const fresh = () => Promise.all([groupsKey, contactsKey].map((queryKey) => queries.invalidateQueries({ queryKey })));
  const restore = async (g: Group) => {
    await api.POST("/api/v1/groups/{group}/restore", at(g));
    await fresh();
    told(t("contacts.groups.restored", { name: g.name }));
  };
  return {
    restore: (g: Group) => restore(g).catch(tell),
    askDelete: (g: Group) =>
      ask({
        title: t("contacts.groups.deleteTitle", { name: g.name }),
        text: t("contacts.groups.deleteText", { n: number(g.size) }),
        confirm: t("parts.delete"),
        go: async () => {
          await api.DELETE("/api/v1/groups/{group}", at(g));
          await fresh();
          told(t("contacts.groups.gone", { name: g.name }), () => restore(g));
        },
      }),
  };
}

function useColumns(deleted: boolean, rename: (g: Group) => void): Column<Group>[] {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const { restore, askDelete } = useGroupActions();
  const zone = me.user?.zone;
  const columns: Column<Group>[] = [
    {
      key: "name",
      title: t("contacts.group.name"),
      cell: (g) =>
        deleted ? (
          <span style={{ overflowWrap: "anywhere" }}>{g.name}</span>
        ) : (
          <Anchor
            component={Link}
            to={`/contacts?group=${g.id}`}
            fw={550}
            size="sm"
            style={{ overflowWrap: "anywhere" }}
          >
            {g.name}
          </Anchor>
        ),
    },
    { key: "size", title: t("contacts.groups.size"), numeric: true, cell: (g) => number(g.size) },
  ];
  if (deleted)
    columns.push(
      { key: "by", title: t("contacts.bin.by"), cell: (g) => g.deleted_by || "—" },
      { key: "at", title: t("contacts.bin.at"), cell: (g) => when(g.deleted_at ?? "", zone) },
      { key: "until", title: t("contacts.bin.until"), cell: (g) => when(g.until ?? "", zone) },
    );
  else columns.push({ key: "created", title: t("contacts.field.created_at"), cell: (g) => when(g.created_at, zone) });
  if (may("contacts:write"))
    columns.push({
      key: "actions",
      title: t("parts.actions"),
      cell: (g) =>
        deleted ? (
          <Button size="compact-sm" variant="default" onClick={() => restore(g)}>
            {t("contacts.bin.restore")}
          </Button>
        ) : (
          <Row gap="xs" justify="flex-start">
            <Button size="compact-sm" variant="default" onClick={() => rename(g)}>
              {t("contacts.groups.rename")}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => askDelete(g)}>
              {t("parts.delete")}
            </Button>
          </Row>
        ),
    });
  return columns;
}

function Name({ group, close }: { group: Group | null; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(group?.name ?? "");
  const save = async () => {
    await (group
      ? api.PATCH("/api/v1/groups/{group}", { params: { path: { group: group.id } }, body: { name } })
      : api.POST("/api/v1/groups", { params: { header: once() }, body: { name } }));
    await queries.invalidateQueries({ queryKey: groupsKey });
  };
  return (
    <Form submit={save} close={close} label={t("parts.save")} fields={["name"]} disabled={!name.trim()}>
      {(errors) => (
        <TextInput
          label={t("contacts.group.name")}
          description={group ? t("contacts.groups.renameHint") : undefined}
          value={name}
          maxLength={100}
          onChange={(e) => setName(e.currentTarget.value)}
          error={errors.name}
          data-autofocus
        />
      )}
    </Form>
  );
}
