import { Alert, Button, Group, List, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { Failure } from "../../parts/Failure";
import { tell } from "../../parts/tell";
import { number } from "../campaigns/format";
import { ContactsArea } from "../contacts/Area";
import { ask } from "../contacts/Form";
import { attributesKey, contactsKey, groupsKey } from "../contacts/model";
import { Section } from "../launch/parts";
import { FilePart } from "./FilePart";
import { fileSize, type Import, importKey, importsKey, resultOf } from "./model";
import { Preview } from "./Preview";
import { Rules } from "./Rules";
import { type Task, TaskBox } from "./TaskBox";
import { useDraft } from "./useDraft";

/** An import: what the file holds and how it is taken, and then what comes of it. */
export function ImportScreen() {
  const { t } = useTranslation();
  const { import: id = "" } = useParams();
  const found = useQuery({
    queryKey: importKey(id),
    queryFn: () => take(api.GET("/api/v1/imports/{import}", { params: { path: { import: id } } })),
  });
  const i = found.data;
  return (
    <ContactsArea>
      {found.isPending && <Skeleton height={300} aria-label={t("parts.loading")} />}
      {found.isError && <Failure error={found.error} again={() => found.refetch()} />}
      {i && (
        <Stack>
          <Title order={2} size="h3" style={{ overflowWrap: "anywhere" }}>
            {i.name}
          </Title>
          <Text size="sm" c="dimmed">
            {t(`imports.kind.${i.kind}`)} · {i.format.toUpperCase()} · {fileSize(i.size)}
          </Text>
          {i.started_at ? <Started import={i} /> : <Draft import={i} />}
        </Stack>
      )}
    </ContactsArea>
  );
}

function Draft({ import: i }: { import: Import }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const queries = useQueryClient();
  const go = useNavigate();
  const draft = useDraft(i);
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      await draft.flush();
      await api.POST("/api/v1/imports/{import}/start", { params: { path: { import: i.id } } });
      await queries.invalidateQueries({ queryKey: importsKey });
    } catch (error) {
      tell(error);
    } finally {
      setBusy(false);
    }
  };
  const askRemove = () =>
    ask({
      title: t("imports.remove.title", { name: i.name }),
      text: t("imports.remove.text"),
      confirm: t("parts.delete"),
      go: async () => {
        await api.DELETE("/api/v1/imports/{import}", { params: { path: { import: i.id } } });
        go("/contacts/imports");
        await queries.invalidateQueries({ queryKey: [...importsKey, "list"] });
      },
    });
  const wrong = Object.keys(draft.errors).length > 0;
  return (
    <>
      <FilePart import={i} draft={draft} />
      <Preview import={i} draft={draft} />
      <Rules import={i} draft={draft} />
      {i.problem && (
        <Alert color="yellow" title={t("imports.notYet")} role="status">
          {i.problem.message}
        </Alert>
      )}
      {may(i.kind === "stop_list" ? "stops:write" : "contacts:write") && (
        <Group justify="space-between">
          <Button variant="default" onClick={askRemove}>
            {t("imports.remove.open")}
          </Button>
          <Button onClick={start} loading={busy} disabled={draft.saving || wrong || i.problem !== undefined} data-start>
            {t("imports.start")}
          </Button>
        </Group>
      )}
    </>
  );
}

function Started({ import: i }: { import: Import }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const done = () => {
    for (const queryKey of [contactsKey, groupsKey, attributesKey, ["stops"]]) queries.invalidateQueries({ queryKey });
  };
  const [to, label] =
    i.kind === "stop_list"
      ? ["/contacts/stops", t("contacts.place.stops")]
      : i.kind === "members"
        ? ["/contacts/groups", t("contacts.place.groups")]
        : ["/contacts", t("app.menu.contacts")];
  return (
    <Section title={t("imports.course")}>
      {i.task && <TaskBox id={i.task} done={done} result={(task) => <Came task={task} />} />}
      <Group>
        <Button component={Link} to={to} variant="default">
          {label}
        </Button>
        <Button component={Link} to={`/contacts/imports/new?kind=${i.kind}`} variant="default">
          {t("imports.another")}
        </Button>
      </Group>
    </Section>
  );
}

const told = ["rows", "added", "merged", "kept", "doubles", "refused", "skipped"] as const;

/** The figures of an import, and why lines were refused. */
function Came({ task }: { task: Task }) {
  const { t, i18n } = useTranslation();
  const result = resultOf(task.result);
  if (!result) return null;
  const name = (code: string) => (i18n.exists(`imports.code.${code}`) ? t(`imports.code.${code}`) : code);
  const lists = [
    ["refusedBecause", result.by_reason],
    ["remarks", result.warnings],
  ] as const;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, sm: 4 }} data-result>
        {told
          .filter((k) => k !== "skipped" || result.skipped > 0)
          .map((k) => (
            <div key={k} data-count={k}>
              <Text size="xl" fw={650}>
                {number(result[k])}
              </Text>
              <Text size="sm" c="dimmed">
                {t(`imports.result.${k}`)}
              </Text>
            </div>
          ))}
      </SimpleGrid>
      {lists.map(
        ([title, counts]) =>
          Object.keys(counts).length > 0 && (
            <div key={title}>
              <Text size="sm" fw={600}>
                {t(`imports.result.${title}`)}
              </Text>
              <List size="sm">
                {Object.entries(counts).map(([code, n]) => (
                  <List.Item key={code}>
                    {name(code)}: {number(n)}
                  </List.Item>
                ))}
              </List>
            </div>
          ),
      )}
    </Stack>
  );
}
