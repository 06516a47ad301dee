import { Anchor, Button, Group as Row, TextInput } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, once, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { ListFrame, useList, useParam } from "../../parts/ListFrame";
import { told } from "../../parts/tell";
import { number } from "../campaigns/format";
import { ContactsArea, Nothing } from "./Area";
import { ask, Dialog, Form } from "./Form";
import { contactsKey, type Group, groupsKey } from "./model";

/** The groups of contacts. */
export function Groups() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const queries = useQueryClient();
  const [q, setQ] = useParam("q");
  const [editing, setEditing] = useState<Group | "new" | null>(null);
  const close = () => setEditing(null);
  const list = useList<Group>([...groupsKey, "list", q], (cursor) =>
    take(
      api.GET("/api/v1/groups", { params: { query: { q: q || undefined, cursor: cursor || undefined, limit: 50 } } }),
    ),
  );
  const writes = may("contacts:write");
  const askDelete = (g: Group) =>
    ask({
      title: t("contacts.groups.deleteTitle", { name: g.name }),
      text: t("contacts.groups.deleteText", { n: number(g.size) }),
      confirm: t("parts.delete"),
      go: async () => {
        await api.DELETE("/api/v1/groups/{group}", { params: { path: { group: g.id } } });
        await Promise.all([groupsKey, contactsKey].map((queryKey) => queries.invalidateQueries({ queryKey })));
        told(t("contacts.groups.deleted", { name: g.name }));
      },
    });
  const add = writes && (
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
        columns={[
          {
            key: "name",
            title: t("contacts.group.name"),
            cell: (g) => (
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
          { key: "created", title: t("contacts.field.created_at"), cell: (g) => when(g.created_at, me.user?.zone) },
          ...(writes
            ? [
                {
                  key: "actions",
                  title: t("parts.actions"),
                  cell: (g: Group) => (
                    <Row gap="xs" justify="flex-start">
                      <Button size="compact-sm" variant="default" onClick={() => setEditing(g)}>
                        {t("contacts.groups.rename")}
                      </Button>
                      <Button size="compact-sm" variant="default" onClick={() => askDelete(g)}>
                        {t("parts.delete")}
                      </Button>
                    </Row>
                  ),
                },
              ]
            : []),
        ]}
        empty={
          <Empty icon={<IconUsersGroup size={48} stroke={1.2} aria-hidden />} title={t("contacts.groups.empty")}>
            {t("contacts.groups.emptyText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setQ("")} />}
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
