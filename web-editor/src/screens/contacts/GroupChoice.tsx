import { Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import { number } from "../campaigns/format";
import { Form } from "./Form";
import { groupsKey } from "./model";
import { useGroups } from "./queries";

interface Props {
  /** Only groups that are there already. */
  known: boolean;
  label: string;
  submit: (group: { id: string; name: string }) => Promise<unknown>;
  close: () => void;
}

const fresh = "new";

/** Asks for a group, or the name of a new one. */
export function GroupChoice({ known, label, submit, close }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const groups = useGroups();
  const items = groups.data?.items ?? [];
  const [group, setGroup] = useState<string | null>(null);
  const [name, setName] = useState("");
  // Who has no groups yet can only name a new one.
  const making = !known && (group === fresh || (groups.isSuccess && items.length === 0));
  const go = async () => {
    if (!making) {
      const found = items.find((g) => g.id === group);
      return found && submit(found);
    }
    const made = await take(api.POST("/api/v1/groups", { params: { header: once() }, body: { name } }));
    await queries.invalidateQueries({ queryKey: groupsKey });
    return submit(made);
  };
  return (
    <Form submit={go} close={close} label={label} fields={["name"]} disabled={making ? !name.trim() : !group}>
      {(errors) => (
        <>
          {items.length > 0 && (
            <Select
              label={t("contacts.group.which")}
              data={[
                ...(known ? [] : [{ value: fresh, label: t("contacts.group.new") }]),
                ...items.map((g) => ({ value: g.id, label: `${g.name} (${number(g.size)})` })),
              ]}
              value={group}
              onChange={setGroup}
              searchable
              nothingFoundMessage={t("contacts.nothing")}
              data-autofocus
            />
          )}
          {known && groups.isSuccess && items.length === 0 && t("contacts.groups.empty")}
          {making && (
            <TextInput
              label={t("contacts.group.name")}
              value={name}
              maxLength={100}
              onChange={(e) => setName(e.currentTarget.value)}
              error={errors.name}
            />
          )}
        </>
      )}
    </Form>
  );
}
