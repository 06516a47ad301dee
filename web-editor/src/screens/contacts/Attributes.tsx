import { Button, Group as Row, Select, TagsInput, TextInput } from "@mantine/core";
import { IconForms, IconPlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import { useSession } from "../../app/session";
import { Empty } from "../../parts/Empty";
import { ListFrame, useList, useParam } from "../../parts/ListFrame";
import { ContactsArea, Nothing } from "./Area";
import { showTask } from "./actions";
import { ask, Dialog, Form } from "./Form";
import { type Attribute, attributesKey, contactsKey } from "./model";

const types = ["text", "number", "date", "boolean", "choice"] as const;

/** The account's own fields of contacts. */
export function Attributes() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [editing, setEditing] = useState<Attribute | "new" | null>(null);
  const close = () => setEditing(null);
  const remove = useRemove();
  // All of them come at once, at most 500.
  const list = useList<Attribute>([...attributesKey, "list", q], () =>
    take(api.GET("/api/v1/attributes", { params: { query: { q: q.trim() || undefined } } })),
  );
  const writes = may("contacts:write");
  return (
    <ContactsArea
      action={
        writes && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
            {t("contacts.attributes.add")}
          </Button>
        )
      }
    >
      <ListFrame
        label={t("contacts.place.attributes")}
        list={list}
        id={(a) => a.key}
        search={[q, setQ]}
        filtered={q !== ""}
        columns={[
          { key: "title", title: t("contacts.attributes.title"), cell: (a) => a.title || a.key },
          { key: "key", title: t("contacts.attributes.key"), cell: (a) => <code>attributes.{a.key}</code> },
          { key: "type", title: t("contacts.attributes.type"), cell: (a) => t(`contacts.type.${a.type}`) },
          { key: "choices", title: t("contacts.attributes.choices"), cell: (a) => a.choices.join(", ") || "—" },
          ...(writes
            ? [
                {
                  key: "actions",
                  title: t("parts.actions"),
                  cell: (a: Attribute) => (
                    <Row gap="xs" justify="flex-start">
                      <Button size="compact-sm" variant="default" onClick={() => setEditing(a)}>
                        {t("contacts.attributes.change")}
                      </Button>
                      <Button size="compact-sm" variant="default" onClick={() => remove(a)}>
                        {t("parts.delete")}
                      </Button>
                    </Row>
                  ),
                },
              ]
            : []),
        ]}
        empty={
          <Empty icon={<IconForms size={48} stroke={1.2} aria-hidden />} title={t("contacts.attributes.empty")}>
            {t("contacts.attributes.emptyText")}
          </Empty>
        }
        nothing={<Nothing clear={() => setQ("")} />}
      />
      <Dialog
        opened={editing !== null}
        close={close}
        title={t(editing === "new" ? "contacts.attributes.add" : "contacts.attributes.change")}
      >
        <Edit attribute={editing === "new" ? null : editing} close={close} />
      </Dialog>
    </ContactsArea>
  );
}

/** Asks, and deletes an attribute with the values that contacts have. */
function useRemove() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (a: Attribute) =>
    ask({
      title: t("contacts.attributes.deleteTitle", { name: a.title || a.key }),
      text: t("contacts.attributes.deleteText"),
      confirm: t("parts.delete"),
      go: async () => {
        const task = await take(
          api.DELETE("/api/v1/attributes/{attribute}", {
            params: { path: { attribute: a.key }, query: { confirm: true } },
          }),
        );
        showTask(t("contacts.attributes.deleting", { name: a.title || a.key }), task.id, () => {
          for (const queryKey of [attributesKey, contactsKey]) queries.invalidateQueries({ queryKey });
        });
      },
    });
}

function Edit({ attribute, close }: { attribute: Attribute | null; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [key, setKey] = useState(attribute?.key ?? "");
  const [title, setTitle] = useState(attribute?.title ?? "");
  const [type, setType] = useState<Attribute["type"]>(attribute?.type ?? "text");
  const [choices, setChoices] = useState(attribute?.choices ?? []);
  const save = async () => {
    const chosen = type === "choice" ? { choices } : {};
    await (attribute
      ? api.PATCH("/api/v1/attributes/{attribute}", {
          params: { path: { attribute: attribute.key } },
          body: { title: title.trim() || null, ...chosen },
        })
      : api.POST("/api/v1/attributes", {
          params: { header: once() },
          body: { key: key.trim(), title: title.trim() || undefined, type, ...chosen },
        }));
    await queries.invalidateQueries({ queryKey: attributesKey });
  };
  return (
    <Form
      submit={save}
      close={close}
      label={t("parts.save")}
      fields={["key", "title", "type", "choices"]}
      disabled={!key.trim()}
    >
      {(errors) => (
        <>
          <TextInput
            label={t("contacts.attributes.title")}
            value={title}
            maxLength={100}
            onChange={(e) => setTitle(e.currentTarget.value)}
            error={errors.title}
            data-autofocus
          />
          <TextInput
            label={t("contacts.attributes.key")}
            description={t("contacts.attributes.keyHint")}
            value={key}
            maxLength={64}
            readOnly={attribute !== null}
            onChange={(e) => setKey(e.currentTarget.value)}
            error={errors.key}
          />
          <Select
            label={t("contacts.attributes.type")}
            data={types.map((value) => ({ value, label: t(`contacts.type.${value}`) }))}
            value={type}
            allowDeselect={false}
            disabled={attribute !== null}
            onChange={(v) => setType(types.find((k) => k === v) ?? "text")}
            error={errors.type}
          />
          {type === "choice" && (
            <TagsInput
              label={t("contacts.attributes.choices")}
              value={choices}
              onChange={setChoices}
              maxTags={200}
              acceptValueOnBlur
              error={Object.entries(errors).find(([k]) => k.startsWith("choices"))?.[1]}
            />
          )}
        </>
      )}
    </Form>
  );
}
