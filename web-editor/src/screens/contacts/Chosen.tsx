import { Button, Group, Paper, Text } from "@mantine/core";
import { IconArrowMerge, IconDownload, IconTrash, IconUsersMinus, IconUsersPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../app/session";
import { number } from "../campaigns/format";
import { useContactActions } from "./actions";
import { Export } from "./Export";
import { Dialog } from "./Form";
import { GroupChoice } from "./GroupChoice";
import { Merge } from "./Merge";
import { type Contact, titleOf } from "./model";

/** What can be done with the contacts that are ticked. */
export function Chosen({ contacts, clear }: { contacts: Contact[]; clear: () => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { askDelete, member } = useContactActions();
  const [open, setOpen] = useState<"" | "in" | "out" | "merge" | "export">("");
  const close = () => setOpen("");
  const ids = contacts.map((c) => c.id);
  const writes = may("contacts:write");
  const look = { size: "xs", variant: "default" } as const;
  return (
    <Paper
      withBorder
      p="xs"
      mb="sm"
      role="region"
      aria-label={t("contacts.chosen.title")}
      pos="sticky"
      top={60}
      style={{ zIndex: 2 }}
    >
      <Group gap="xs">
        <Text size="sm" fw={550} role="status">
          {t("contacts.chosen.count", { n: number(ids.length) })}
        </Text>
        {writes && (
          <>
            <Button {...look} leftSection={<IconUsersPlus size={16} aria-hidden />} onClick={() => setOpen("in")}>
              {t("contacts.chosen.put")}
            </Button>
            <Button {...look} leftSection={<IconUsersMinus size={16} aria-hidden />} onClick={() => setOpen("out")}>
              {t("contacts.chosen.take")}
            </Button>
            {ids.length > 1 && ids.length <= 21 && (
              <Button {...look} leftSection={<IconArrowMerge size={16} aria-hidden />} onClick={() => setOpen("merge")}>
                {t("contacts.chosen.merge")}
              </Button>
            )}
          </>
        )}
        <Button {...look} leftSection={<IconDownload size={16} aria-hidden />} onClick={() => setOpen("export")}>
          {t("contacts.chosen.export")}
        </Button>
        {writes && (
          <Button
            {...look}
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => askDelete(ids, contacts[0] ? titleOf(contacts[0]) : "", clear)}
          >
            {t("parts.delete")}
          </Button>
        )}
        <Button {...look} variant="subtle" leftSection={<IconX size={16} aria-hidden />} onClick={clear}>
          {t("contacts.chosen.clear")}
        </Button>
      </Group>
      <Dialog opened={open === "in" || open === "out"} close={close} title={t("contacts.group.choose")}>
        <GroupChoice
          known={open === "out"}
          label={t(open === "out" ? "contacts.group.takeOut" : "contacts.group.putIn")}
          submit={(g) => member(g, ids, open === "out")}
          close={close}
        />
      </Dialog>
      <Dialog opened={open === "merge"} close={close} title={t("contacts.merge.title")}>
        <Merge contacts={contacts} close={close} done={clear} />
      </Dialog>
      <Dialog opened={open === "export"} close={close} title={t("contacts.export.title")}>
        <Export selection={{}} ids={ids} close={close} />
      </Dialog>
    </Paper>
  );
}
