import { Badge, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import type { Column } from "../../parts/ListFrame";
import { number } from "../campaigns/format";
import { NameLink } from "./Contacts";
import { addressed, type Contact } from "./model";
import { useAttributes, useGroups } from "./queries";

/** Small words beside each other: tags, groups. */
export function Words({ words }: { words: readonly string[] }) {
  if (!words.length) return <>—</>;
  const shown = words.slice(0, 4);
  return (
    <Group gap={4} justify="flex-start">
      {shown.map((w) => (
        <Badge key={w} size="sm" variant="light" color="gray" c="var(--mantine-color-text)" tt="none" fw={500}>
          {w}
        </Badge>
      ))}
      {words.length > shown.length && (
        <Text size="xs" c="dimmed">
          +{words.length - shown.length}
        </Text>
      )}
    </Group>
  );
}

/** A value of an attribute, for reading. */
export function useShow() {
  const { t, i18n } = useTranslation();
  return (v: unknown): string => {
    if (v === undefined || v === null || v === "") return "—";
    if (typeof v === "boolean") return t(v ? "contacts.yes" : "contacts.no");
    if (typeof v === "number") return number(v);
    const day = /^\d{4}-\d{2}-\d{2}$/.test(String(v)) ? new Date(`${v}T00:00:00Z`) : null;
    if (day && !Number.isNaN(day.getTime()))
      return new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeZone: "UTC" }).format(day);
    return String(v);
  };
}

/** All columns that a table of contacts can have, and those that it has. */
export function useColumns(chosen: readonly string[], items: readonly Contact[]) {
  const { t } = useTranslation();
  const show = useShow();
  const zone = useSession().me.user?.zone;
  const attributes = useAttributes();
  const groups = useGroups();
  const groupName = (id: string) => groups.data?.items.find((g) => g.id === id)?.name ?? id;
  const plain = (key: string, cell: Column<Contact>["cell"]): Column<Contact> => ({
    key,
    title: t(`contacts.field.${key}`),
    cell,
  });
  const declared = attributes.data?.items ?? [];
  const seen = new Set(items.flatMap((c) => Object.keys(c.attributes)));
  for (const a of declared) seen.delete(a.key);
  const all: Column<Contact>[] = [
    plain("phone", (c) => <span style={{ whiteSpace: "nowrap" }}>{c.phone || "—"}</span>),
    plain("email", (c) => c.email || "—"),
    plain("tags", (c) => <Words words={c.tags} />),
    plain("groups", (c) => <Words words={c.groups.map(groupName)} />),
    plain("zone", (c) => (
      <>
        {c.local_zone}
        {c.zone_source !== "own" && (
          <Text size="xs" c="dimmed">
            {t(`contacts.zone.${c.zone_source}`)}
          </Text>
        )}
      </>
    )),
    plain("consents", (c) => <Words words={c.consents.map((k) => t(`contacts.channel.${k}`))} />),
    plain("source", (c) => c.source || "—"),
    plain("created_at", (c) => when(c.created_at, zone)),
    plain("updated_at", (c) => when(c.updated_at, zone)),
    ...addressed.map((k) => ({
      key: `addresses.${k}`,
      title: t(`contacts.channel.${k}`),
      cell: (c: Contact) => c.addresses[k] || "—",
    })),
    ...[
      ...declared.map((a) => ({ key: a.key, title: a.title || a.key })),
      ...[...seen].sort().map((key) => ({ key, title: key })),
    ].map(({ key, title }) => ({ key: `attributes.${key}`, title, cell: (c: Contact) => show(c.attributes[key]) })),
  ];
  const name: Column<Contact> = { key: "name", title: t("contacts.field.name"), cell: (c) => <NameLink contact={c} /> };
  return { all, shown: [name, ...all.filter((c) => chosen.includes(c.key))] };
}
