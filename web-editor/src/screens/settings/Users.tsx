import { Badge, Button, Group as Row, Select, Stack, Text, Title } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import { tell, told } from "../../parts/tell";
import { Nothing } from "../contacts/Area";
import { ask, Dialog, Form } from "../contacts/Form";
import { Invite, RoleSelect } from "./Invite";
import { givable, type Invitation, type Link, type Member, type Role, usersKey } from "./model";
import { Once } from "./Once";
import { SettingsArea } from "./SettingsArea";

const roles = ["owner", "admin", "marketer", "analyst", "supervisor", "operator"] as const;
const orders = ["email", "-email", "name", "-name"] as const;

/** Roles that the reader may give. */
export function useGivable(): Role[] {
  const { me } = useSession();
  const all = useQuery({ queryKey: ["roles"], queryFn: () => take(api.GET("/api/v1/roles")), staleTime: 600_000 });
  return givable(all.data?.items ?? [], me.scopes);
}

/** The users of the account, and who is invited. */
export function Users() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [role, setRole] = useParam("role");
  const [sort, setSort] = useParam("sort", "email");
  const [, setAll] = useSearchParams();
  const [inviting, setInviting] = useState(false);
  const [changing, setChanging] = useState<Member | null>(null);
  const [link, setLink] = useState<Link | null>(null);
  const list = useList<Member>([...usersKey, "list", q, role, sort], (cursor) =>
    take(
      api.GET("/api/v1/users", {
        params: {
          query: {
            q: q || undefined,
            role: roles.find((r) => r === role),
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
          <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setInviting(true)}>
            {t("settings.users.invite")}
          </Button>
        )
      }
    >
      <Stack>
        <ListFrame
          label={t("settings.place.users")}
          list={list}
          columns={useColumns(setChanging, setLink)}
          id={(u) => u.id}
          search={[q, setQ]}
          sort={{
            value: sort,
            set: setSort,
            options: orders.map((o) => ({ value: o, label: t(`settings.users.sort.${o}`) })),
          }}
          filters={
            <Select
              label={t("settings.users.role")}
              data={roles.map((value) => ({ value, label: t(`settings.role.${value}`) }))}
              value={role || null}
              onChange={(v) => setRole(v ?? "")}
              clearable
              clearButtonProps={{ "aria-label": t("contacts.clear") }}
              w={190}
            />
          }
          filtered={Boolean(q || role)}
          empty={<Empty title={t("contacts.nothing")} />}
          nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
        />
        <Invitations />
      </Stack>
      <Dialog opened={inviting} close={() => setInviting(false)} title={t("settings.users.inviteTitle")}>
        <Invite close={() => setInviting(false)} />
      </Dialog>
      <Dialog opened={changing !== null} close={() => setChanging(null)} title={t("settings.users.change")}>
        {changing && <ChangeRole user={changing} close={() => setChanging(null)} />}
      </Dialog>
      <Dialog opened={link !== null} close={() => setLink(null)} title={t("settings.users.passwordLink")}>
        {link && (
          <Once
            label={t("settings.users.link")}
            text={t("settings.users.passwordText")}
            secret={link.link}
            until={link.expires_at}
            close={() => setLink(null)}
          />
        )}
      </Dialog>
    </SettingsArea>
  );
}

const nameOf = (u: { name: string; email: string }) => u.name || u.email;

function useColumns(change: (u: Member) => void, show: (l: Link) => void): Column<Member>[] {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const queries = useQueryClient();
  const mine = useGivable();
  const path = (u: Member) => ({ params: { path: { user: u.id } } });
  const askRemove = (u: Member) =>
    ask({
      title: t("settings.users.removeTitle", { name: nameOf(u) }),
      text: t("settings.users.removeText"),
      confirm: t("settings.users.remove"),
      go: async () => {
        await api.DELETE("/api/v1/users/{user}", path(u));
        await queries.invalidateQueries({ queryKey: usersKey });
        told(t("settings.users.removed", { name: nameOf(u) }));
      },
    });
  const makeLink = (u: Member) =>
    take(api.POST("/api/v1/users/{user}/password-link", path(u)))
      .then(show)
      .catch(tell);
  const columns: Column<Member>[] = [
    {
      key: "name",
      title: t("settings.users.user"),
      cell: (u) => (
        <>
          <Text size="sm" fw={550} component="span">
            {nameOf(u)}
          </Text>{" "}
          {u.id === me.user?.id && (
            <Badge size="sm" variant="default" tt="none">
              {t("settings.users.you")}
            </Badge>
          )}
        </>
      ),
    },
    { key: "email", title: t("app.signIn.email"), cell: (u) => u.email },
    {
      key: "role",
      title: t("settings.users.role"),
      cell: (u) => (
        <>
          {t(`settings.role.${u.role}`)}
          {!u.ready && (
            <Text size="xs" c="dimmed">
              {t("settings.users.notReady")}
            </Text>
          )}
        </>
      ),
    },
    { key: "joined", title: t("settings.users.joined"), cell: (u) => when(u.joined_at, me.user?.zone) },
  ];
  if (may("users:write"))
    columns.push({
      key: "actions",
      title: t("parts.actions"),
      cell: (u) =>
        // Nobody takes a role that may do more than one's own.
        u.id === me.user?.id || !mine.includes(u.role) ? (
          "—"
        ) : (
          <Row gap="xs" justify="flex-start">
            <Button size="compact-sm" variant="default" onClick={() => change(u)}>
              {t("settings.users.change")}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => makeLink(u)}>
              {t("settings.users.passwordLink")}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => askRemove(u)}>
              {t("settings.users.remove")}
            </Button>
          </Row>
        ),
    });
  return columns;
}

function ChangeRole({ user, close }: { user: Member; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [role, setRole] = useState<Role>(user.role);
  const save = async () => {
    await api.PATCH("/api/v1/users/{user}", { params: { path: { user: user.id } }, body: { role } });
    await queries.invalidateQueries({ queryKey: usersKey });
    told(t("settings.users.changed", { name: nameOf(user), role: t(`settings.role.${role}`) }));
  };
  return (
    <Form submit={save} close={close} label={t("parts.save")} fields={["role"]} disabled={role === user.role}>
      {(errors) => (
        <>
          <Text size="sm">{nameOf(user)}</Text>
          <RoleSelect value={role} set={setRole} error={errors.role} />
        </>
      )}
    </Form>
  );
}

/** Who was invited and has not come yet. */
function Invitations() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const queries = useQueryClient();
  const list = useList<Invitation>([...usersKey, "invitations"], (cursor) =>
    take(api.GET("/api/v1/invitations", { params: { query: { cursor: cursor || undefined, limit: 50 } } })),
  );
  const askWithdraw = (i: Invitation) =>
    ask({
      title: t("settings.invitations.withdrawTitle", { name: nameOf(i) }),
      text: t("settings.invitations.withdrawText"),
      confirm: t("settings.invitations.withdraw"),
      go: async () => {
        await api.DELETE("/api/v1/invitations/{invitation}", { params: { path: { invitation: i.id } } });
        await queries.invalidateQueries({ queryKey: usersKey });
      },
    });
  if (list.isSuccess && !list.data.pages[0]?.items.length) return null;
  return (
    <Stack component="section" gap="xs">
      <Title order={2} size="h4">
        {t("settings.invitations.title")}
      </Title>
      <ListFrame
        label={t("settings.invitations.title")}
        list={list}
        id={(i) => i.id}
        filtered={false}
        empty={null}
        nothing={null}
        columns={[
          { key: "email", title: t("app.signIn.email"), cell: (i) => i.email },
          { key: "role", title: t("settings.users.role"), cell: (i) => t(`settings.role.${i.role}`) },
          {
            key: "until",
            title: t("settings.invitations.until"),
            cell: (i) =>
              Date.parse(i.expires_at) < Date.now()
                ? t("settings.invitations.expired")
                : when(i.expires_at, me.user?.zone),
          },
          ...(may("users:write")
            ? [
                {
                  key: "actions",
                  title: t("parts.actions"),
                  cell: (i: Invitation) => (
                    <Button size="compact-sm" variant="default" onClick={() => askWithdraw(i)}>
                      {t("settings.invitations.withdraw")}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </Stack>
  );
}
