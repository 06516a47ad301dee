import { Button, Checkbox, Menu, ScrollArea, Stack } from "@mantine/core";
import { IconChevronDown, IconColumns, IconDownload, IconUsersGroup } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../app/session";
import type { Column } from "../../parts/ListFrame";
import { useContactActions } from "./actions";
import { Export } from "./Export";
import { Dialog } from "./Form";
import { GroupChoice } from "./GroupChoice";
import { type Contact, usual } from "./model";

interface Props {
  filtered: boolean;
  /** Whom the list shows; null where a search in words is on, which the API does not take as a selection. */
  selection: { filter?: string; groups?: string[] } | null;
  columns: string[];
  all: Column<Contact>[];
  setColumns: (v: string[]) => void;
}

/** What can be done with the whole list: choose its columns, export it, put it into a group. */
export function Found({ filtered, selection, columns, all, setColumns }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { fill } = useContactActions();
  const [open, setOpen] = useState<"" | "columns" | "export" | "in" | "out">("");
  const close = () => setOpen("");
  const writes = may("contacts:write");
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            {t("contacts.found.open")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconColumns size={16} aria-hidden />} onClick={() => setOpen("columns")}>
            {t("contacts.columns.open")}
          </Menu.Item>
          {selection && (
            <Menu.Item leftSection={<IconDownload size={16} aria-hidden />} onClick={() => setOpen("export")}>
              {t(filtered ? "contacts.found.export" : "contacts.found.exportAll")}
            </Menu.Item>
          )}
          {selection && writes && (
            <>
              <Menu.Item leftSection={<IconUsersGroup size={16} aria-hidden />} onClick={() => setOpen("in")}>
                {t(filtered ? "contacts.found.put" : "contacts.found.putAll")}
              </Menu.Item>
              <Menu.Item leftSection={<IconUsersGroup size={16} aria-hidden />} onClick={() => setOpen("out")}>
                {t("contacts.found.take")}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={open === "columns"} close={close} title={t("contacts.columns.open")}>
        <Columns columns={columns} all={all} setColumns={setColumns} close={close} />
      </Dialog>
      <Dialog opened={open === "export"} close={close} title={t("contacts.export.title")}>
        <Export selection={selection ?? {}} close={close} />
      </Dialog>
      <Dialog opened={open === "in" || open === "out"} close={close} title={t("contacts.group.choose")}>
        <GroupChoice
          known={open === "out"}
          close={close}
          label={t(open === "out" ? "contacts.group.takeOut" : "contacts.group.putIn")}
          submit={(g) => fill(g, selection ?? {}, open === "out")}
        />
      </Dialog>
    </>
  );
}

function Columns({
  columns,
  all,
  setColumns,
  close,
}: Pick<Props, "columns" | "all" | "setColumns"> & { close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <ScrollArea.Autosize mah="60vh">
        <Checkbox.Group value={columns} onChange={setColumns} label={t("contacts.columns.title")}>
          <Stack gap="xs" mt="xs">
            {all.map((c) => (
              <Checkbox key={c.key} value={c.key} label={c.title} />
            ))}
          </Stack>
        </Checkbox.Group>
      </ScrollArea.Autosize>
      <Button variant="default" onClick={() => setColumns(usual)}>
        {t("contacts.columns.usual")}
      </Button>
      <Button onClick={close}>{t("parts.close")}</Button>
    </Stack>
  );
}
