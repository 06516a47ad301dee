import { Anchor, Badge, Button, Select } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";
import { Empty } from "../../parts/Empty";
import { type Column, ListFrame, useList, useParam } from "../../parts/ListFrame";
import { told } from "../../parts/tell";
import { ContactsArea, Nothing } from "../contacts/Area";
import { ask } from "../contacts/Form";
import { fileSize, type Import, importsKey, kinds } from "./model";

const orders = ["-created_at", "created_at"] as const;

/** Files that were uploaded: drafts, and those that were read. */
export function Imports() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [q, setQ] = useParam("q");
  const [kind, setKind] = useParam("kind");
  const [state, setState] = useParam("state");
  const [sort, setSort] = useParam("sort", "-created_at");
  const [, setAll] = useSearchParams();
  const list = useList<Import>([...importsKey, "list", q, kind, state, sort], (cursor) =>
    take(
      api.GET("/api/v1/imports", {
        params: {
          query: {
            q: q || undefined,
            kind: kinds.find((k) => k === kind),
            state: state === "draft" || state === "started" ? state : undefined,
            sort: orders.find((o) => o === sort),
            cursor: cursor || undefined,
            limit: 30,
          },
        },
      }),
    ),
  );
  const upload = (may("contacts:write") || may("stops:write")) && (
    <Button component={Link} to="/contacts/imports/new" leftSection={<IconFileImport size={18} aria-hidden />}>
      {t("imports.upload")}
    </Button>
  );
  const clear = { clearable: true, clearButtonProps: { "aria-label": t("contacts.clear") } };
  return (
    <ContactsArea action={upload}>
      <ListFrame
        label={t("contacts.place.imports")}
        list={list}
        columns={useColumns()}
        id={(i) => i.id}
        search={[q, setQ]}
        filters={
          <>
            <Select
              label={t("imports.kind.label")}
              data={kinds.map((value) => ({ value, label: t(`imports.kind.${value}`) }))}
              value={kind || null}
              onChange={(v) => setKind(v ?? "")}
              {...clear}
              w={200}
            />
            <Select
              label={t("imports.state.label")}
              data={["draft", "started"].map((value) => ({ value, label: t(`imports.state.${value}`) }))}
              value={state || null}
              onChange={(v) => setState(v ?? "")}
              {...clear}
              w={160}
            />
          </>
        }
        sort={{ value: sort, set: setSort, options: orders.map((o) => ({ value: o, label: t(`imports.sort.${o}`) })) }}
        filtered={Boolean(q || kind || state)}
        empty={
          <Empty icon={<IconFileImport size={48} stroke={1.2} aria-hidden />} title={t("imports.empty.title")}>
            {t("imports.empty.text")}
          </Empty>
        }
        nothing={<Nothing clear={() => setAll({}, { replace: true })} />}
      />
    </ContactsArea>
  );
}

function useColumns(): Column<Import>[] {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const queries = useQueryClient();
  const askRemove = (i: Import) =>
    ask({
      title: t("imports.remove.title", { name: i.name }),
      text: t("imports.remove.text"),
      confirm: t("parts.delete"),
      go: async () => {
        await api.DELETE("/api/v1/imports/{import}", { params: { path: { import: i.id } } });
        await queries.invalidateQueries({ queryKey: importsKey });
        told(t("imports.remove.done", { name: i.name }));
      },
    });
  const mayWrite = (i: Import) => may(i.kind === "stop_list" ? "stops:write" : "contacts:write");
  return [
    {
      key: "name",
      title: t("imports.column.name"),
      cell: (i) => (
        <Anchor
          component={Link}
          to={`/contacts/imports/${i.id}`}
          fw={550}
          size="sm"
          style={{ overflowWrap: "anywhere" }}
        >
          {i.name}
        </Anchor>
      ),
    },
    { key: "kind", title: t("imports.kind.label"), cell: (i) => t(`imports.kind.${i.kind}`) },
    {
      key: "state",
      title: t("imports.state.label"),
      cell: (i) => (
        <Badge variant="light" color={i.started_at ? "green" : "gray"} c="var(--mantine-color-text)" tt="none">
          {t(i.started_at ? "imports.state.started" : "imports.state.draft")}
        </Badge>
      ),
    },
    { key: "size", title: t("imports.column.size"), numeric: true, cell: (i) => fileSize(i.size) },
    { key: "by", title: t("imports.column.by"), cell: (i) => i.by },
    { key: "when", title: t("imports.column.when"), cell: (i) => when(i.created_at, me.user?.zone) },
    {
      key: "actions",
      title: t("parts.actions"),
      cell: (i) =>
        i.started_at || !mayWrite(i) ? null : (
          <Button size="compact-sm" variant="default" onClick={() => askRemove(i)}>
            {t("parts.delete")}
          </Button>
        ),
    },
  ];
}
