import { modals } from "@mantine/modals";
import { useQueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import { told } from "../../parts/tell";
import { number } from "../campaigns/format";
import { TaskBox } from "../imports/TaskBox";
import { ask } from "./Form";
import { contactsKey, groupsKey } from "./model";

// The API takes so many ids at once.
const atOnce = 5000;

/** Shows a task while it runs and what came of it. */
export function showTask(title: string, task: string, done?: () => void) {
  modals.open({
    title,
    closeButtonProps: { "aria-label": i18next.t("parts.close") },
    children: <TaskBox id={task} done={done} />,
  });
}

export function useContactActions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  // `gone` are no more: whoever still looks at one must not ask for it again.
  const fresh = (gone: readonly string[] = []) =>
    Promise.all([
      queries.invalidateQueries({
        queryKey: contactsKey,
        predicate: ({ queryKey: [, what, id] }) => what !== "one" || !gone.includes(String(id)),
      }),
      queries.invalidateQueries({ queryKey: groupsKey }),
    ]);
  const restore = async (ids: string[]) => {
    const back = await take(api.POST("/api/v1/contacts/restore", { body: { ids } }));
    await fresh();
    if (back.ids.length < ids.length) told(t("contacts.restoredSome", { n: back.ids.length, all: ids.length }));
    else told(t("contacts.restored", { n: number(back.ids.length) }));
  };
  const remove = async (ids: string[], then?: () => void) => {
    const gone = await take(api.POST("/api/v1/contacts/delete", { body: { ids: ids.slice(0, atOnce) } }));
    then?.();
    await fresh(gone.ids);
    told(t("contacts.deleted", { n: number(gone.ids.length) }), () => restore(gone.ids));
  };
  return {
    fresh,
    restore,
    /** Asks and deletes. `who` names the one, where it is one. */
    askDelete: (ids: string[], who: string, then?: () => void) =>
      ask({
        title:
          ids.length === 1
            ? t("contacts.delete.one", { name: who })
            : t("contacts.delete.many", { n: number(ids.length) }),
        text: t("contacts.delete.text"),
        confirm: t("parts.delete"),
        go: () => remove(ids, then),
      }),
    /** Puts contacts into a group or takes them out of it. */
    member: async (group: { id: string; name: string }, ids: string[], out: boolean) => {
      const path = { params: { path: { group: group.id } }, body: { ids } };
      const send = (o: boolean) =>
        o ? api.POST("/api/v1/groups/{group}/members/remove", path) : api.POST("/api/v1/groups/{group}/members", path);
      const { count } = await take(send(out));
      await fresh();
      told(t(out ? "contacts.group.taken" : "contacts.group.put", { n: number(count), name: group.name }));
    },
    /** The same with all whom a selection chooses, as a task. */
    fill: async (
      group: { id: string; name: string },
      selection: { groups?: string[]; filter?: string },
      out: boolean,
    ) => {
      const task = await take(
        api.POST("/api/v1/groups/{group}/fill", {
          params: { path: { group: group.id }, header: once() },
          body: { ...selection, remove: out },
        }),
      );
      showTask(
        t(out ? "contacts.group.takingOut" : "contacts.group.putting", { name: group.name }),
        task.id,
        () => void fresh(),
      );
    },
  };
}
