import { Anchor, Badge, Breadcrumbs, Button, Group, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconEraser, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { statusOf } from "../../api/problem";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useTitle } from "../../parts/title";
import { gone } from "../../parts/unsaved";
import { Section } from "../launch/parts";
import { useContactActions } from "./actions";
import { Consents } from "./Consents";
import { EditCard } from "./EditCard";
import { Erase } from "./Erase";
import { Dialog } from "./Form";
import { GroupChoice } from "./GroupChoice";
import { type Contact, titleOf } from "./model";
import { useContact, useGroups } from "./queries";
import { Walks } from "./Walks";

/** One contact: all that is known of it, to read and to change. */
export function Card() {
  const { t } = useTranslation();
  const { contact: id = "" } = useParams();
  const contact = useContact(id);
  useTitle(contact.data ? titleOf(contact.data) : t("app.menu.contacts"));
  return (
    <>
      <Breadcrumbs mb="xs" aria-label={t("contacts.card.path")} component="nav">
        <Anchor component={Link} to="/contacts" size="sm">
          {t("app.menu.contacts")}
        </Anchor>
        <Text size="sm" c="dimmed">
          {contact.data ? titleOf(contact.data) : "…"}
        </Text>
      </Breadcrumbs>
      {contact.isPending && <Skeleton height={300} aria-label={t("parts.loading")} />}
      {contact.isError &&
        (statusOf(contact.error) === 404 ? (
          <Empty title={t("contacts.card.missing")}>{contact.error.message}</Empty>
        ) : (
          <Failure error={contact.error} again={() => contact.refetch()} />
        ))}
      {contact.data && statusOf(contact.error) !== 404 && <Whole key={contact.data.id} contact={contact.data} />}
    </>
  );
}

function Whole({ contact: c }: { contact: Contact }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const zone = me.user?.zone;
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
          {titleOf(c)}
        </Title>
        {may("contacts:write") && <Actions contact={c} />}
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <EditCard contact={c} />
        <Stack>
          <Section title={t("contacts.card.about")}>
            <Line label={t("contacts.field.localZone")}>
              {c.local_zone}
              <Text size="xs" c="dimmed">
                {t(`contacts.zone.${c.zone_source}`)}
              </Text>
            </Line>
            <Line label={t("contacts.field.source")}>{c.source || "—"}</Line>
            <Line label={t("contacts.field.created_at")}>{when(c.created_at, zone)}</Line>
            <Line label={t("contacts.field.updated_at")}>{when(c.updated_at, zone)}</Line>
            <Line label="ID">{c.id}</Line>
          </Section>
          <Groups contact={c} />
          <Consents contact={c} />
        </Stack>
      </SimpleGrid>
      {may("reports:read") && <Walks contact={c.id} />}
    </Stack>
  );
}

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" align="start" gap="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" ta="right" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </Group>
  );
}

function Actions({ contact: c }: { contact: Contact }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const { askDelete } = useContactActions();
  const [erasing, setErasing] = useState(false);
  return (
    <Group gap="xs">
      <Button
        variant="default"
        leftSection={<IconTrash size={16} aria-hidden />}
        onClick={() => askDelete([c.id], titleOf(c), () => go("/contacts", gone))}
      >
        {t("parts.delete")}
      </Button>
      <Button variant="default" leftSection={<IconEraser size={16} aria-hidden />} onClick={() => setErasing(true)}>
        {t("contacts.erase.open")}
      </Button>
      <Dialog opened={erasing} close={() => setErasing(false)} title={t("contacts.erase.title", { name: titleOf(c) })}>
        <Erase contact={c.id} close={() => setErasing(false)} />
      </Dialog>
    </Group>
  );
}

function Groups({ contact: c }: { contact: Contact }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { member } = useContactActions();
  const groups = useGroups();
  const [adding, setAdding] = useState<"" | "in" | "out">("");
  const close = () => setAdding("");
  const name = (id: string) => groups.data?.items.find((g) => g.id === id)?.name ?? id;
  return (
    <Section title={t("contacts.field.groups")}>
      <Group gap="xs">
        {c.groups.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("contacts.card.noGroups")}
          </Text>
        )}
        {c.groups.map((id) => (
          <Badge
            key={id}
            component={Link}
            to={`/contacts?group=${id}`}
            variant="light"
            color="gray"
            c="var(--mantine-color-text)"
            tt="none"
            style={{ cursor: "pointer" }}
          >
            {name(id)}
          </Badge>
        ))}
      </Group>
      {may("contacts:write") && (
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => setAdding("in")}>
            {t("contacts.group.putIn")}
          </Button>
          {c.groups.length > 0 && (
            <Button size="xs" variant="default" onClick={() => setAdding("out")}>
              {t("contacts.group.takeOut")}
            </Button>
          )}
        </Group>
      )}
      <Dialog opened={adding !== ""} close={close} title={t("contacts.group.choose")}>
        <GroupChoice
          known={adding === "out"}
          label={t(adding === "out" ? "contacts.group.takeOut" : "contacts.group.putIn")}
          submit={(g) => member(g, [c.id], adding === "out")}
          close={close}
        />
      </Dialog>
    </Section>
  );
}
