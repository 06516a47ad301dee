import { Anchor, MultiSelect, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, once, take } from "../../api/client";
import { told } from "../../parts/tell";
import { useContactActions } from "./actions";
import { Form } from "./Form";
import { namedIn, titleOf } from "./model";
import { useGroups } from "./queries";

/** A field's error; where it names another contact, with the way there. */
export function FieldError({ message, close }: { message: string; close?: () => void }) {
  const { t } = useTranslation();
  const other = namedIn(message);
  return (
    <>
      {message}{" "}
      {other && (
        <Anchor component={Link} to={`/contacts/${other}`} size="xs" onClick={close} c="inherit" td="underline">
          {t("contacts.card.open")}
        </Anchor>
      )}
    </>
  );
}

const fields = ["name", "phone", "email", "tags", "groups"] as const;

/** Makes a contact by hand and opens its card. */
export function Add({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const { fresh } = useContactActions();
  const groups = useGroups();
  const [typed, setTyped] = useState({ name: "", phone: "", email: "" });
  const [tags, setTags] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const make = async () => {
    const filled = Object.fromEntries(Object.entries(typed).filter(([, v]) => v.trim()));
    const made = await take(
      api.POST("/api/v1/contacts", {
        params: { header: once() },
        body: { ...filled, tags, groups: chosen, source: t("contacts.add.source") },
      }),
    );
    await fresh();
    told(t("contacts.add.done", { name: titleOf(made) }));
    go(`/contacts/${made.id}`);
  };
  return (
    <Form submit={make} close={close} label={t("contacts.add.go")} fields={fields}>
      {(errors) => (
        <Stack>
          <Text size="sm" c="dimmed">
            {t("contacts.add.text")}
          </Text>
          {(["name", "phone", "email"] as const).map((k) => (
            <TextInput
              key={k}
              label={t(`contacts.field.${k}`)}
              type={k === "phone" ? "tel" : "text"}
              inputMode={k === "email" ? "email" : undefined}
              value={typed[k]}
              maxLength={k === "email" ? 254 : k === "phone" ? 64 : 200}
              onChange={(e) => setTyped({ ...typed, [k]: e.currentTarget.value })}
              error={errors[k] && <FieldError message={errors[k]} close={close} />}
              data-autofocus={k === "name" || undefined}
            />
          ))}
          <TagsInput
            label={t("contacts.field.tags")}
            value={tags}
            onChange={setTags}
            maxTags={100}
            acceptValueOnBlur
            error={errors.tags}
          />
          {(groups.data?.items.length ?? 0) > 0 && (
            <MultiSelect
              label={t("contacts.field.groups")}
              data={(groups.data?.items ?? []).map((g) => ({ value: g.id, label: g.name }))}
              value={chosen}
              onChange={setChosen}
              searchable
              error={errors.groups}
            />
          )}
        </Stack>
      )}
    </Form>
  );
}
