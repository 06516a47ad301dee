import { Select, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { Form } from "../contacts/Form";
import { type Link, type Role, usersKey } from "./model";
import { Once } from "./Once";
import { useGivable } from "./Users";

/** A role to give, with what it may do. */
export function RoleSelect({ value, set, error }: { value: Role; set: (r: Role) => void; error?: string }) {
  const { t } = useTranslation();
  const roles = useGivable();
  return (
    <>
      <Select
        label={t("settings.users.role")}
        data={roles.map((r) => ({ value: r, label: t(`settings.role.${r}`) }))}
        value={value}
        allowDeselect={false}
        onChange={(v) => {
          const chosen = roles.find((r) => r === v);
          if (chosen) set(chosen);
        }}
        error={error}
      />
      <Text size="sm" c="dimmed">
        {t(`settings.roleMay.${value}`)}
      </Text>
    </>
  );
}

/** Invites somebody: the answer is a link, shown once. */
export function Invite({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("marketer");
  const [link, setLink] = useState<Link | null>(null);
  const invite = async () => {
    const made = await take(
      api.POST("/api/v1/invitations", { body: { email: email.trim(), name: name.trim() || undefined, role } }),
    );
    setLink(made.one_time_link);
    await queries.invalidateQueries({ queryKey: usersKey });
  };
  if (link)
    return (
      <Once
        label={t("settings.users.link")}
        text={t("settings.users.linkText", { email: email.trim() })}
        secret={link.link}
        until={link.expires_at}
        close={close}
      />
    );
  return (
    <Form
      submit={invite}
      close={close}
      stays
      label={t("settings.users.inviteGo")}
      fields={["email", "name", "role"]}
      disabled={!email.trim()}
    >
      {(errors) => (
        <>
          <TextInput
            label={t("app.signIn.email")}
            type="email"
            value={email}
            maxLength={254}
            onChange={(e) => setEmail(e.currentTarget.value)}
            error={errors.email}
            data-autofocus
          />
          <TextInput
            label={t("settings.users.name")}
            value={name}
            maxLength={100}
            onChange={(e) => setName(e.currentTarget.value)}
            error={errors.name}
          />
          <RoleSelect value={role} set={setRole} error={errors.role} />
        </>
      )}
    </Form>
  );
}
