import { Button, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import type { components } from "../../api/schema";
import { Dialog, Form } from "../contacts/Form";
import { TaskBox } from "../imports/TaskBox";

type Order = components["schemas"]["PeopleExport"];
type Chosen = Pick<Order, "q" | "state" | "node" | "reason">;

interface Props {
  campaign: string;
  /** Whom the list shows; nothing: everybody. */
  chosen: Chosen;
}

/** Writes the recipients that the list shows into a file. */
export function ExportPeople({ campaign, chosen }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={18} aria-hidden />}
        onClick={() => setOpened(true)}
        aria-haspopup="dialog"
      >
        {t("campaign.people.export")}
      </Button>
      <Dialog opened={opened} close={() => setOpened(false)} title={t("campaign.people.exportTitle")}>
        <Content campaign={campaign} chosen={chosen} close={() => setOpened(false)} />
      </Dialog>
    </>
  );
}

function Content({ campaign, chosen, close }: Props & { close: () => void }) {
  const { t } = useTranslation();
  const [format, setFormat] = useState<Order["format"]>("csv");
  const [encoding, setEncoding] = useState<Order["encoding"]>("utf-8");
  const [separator, setSeparator] = useState(";");
  const [task, setTask] = useState("");
  const start = async () => {
    const params = { path: { campaign }, header: once() };
    const body = { ...chosen, format, encoding, separator };
    setTask((await take(api.POST("/api/v1/campaigns/{campaign}/recipients/export", { params, body }))).id);
  };
  if (task) return <TaskBox id={task} />;
  const some = Object.values(chosen).some(Boolean);
  return (
    <Form submit={start} close={close} stays label={t("contacts.export.go")}>
      {() => (
        <Stack>
          <Text size="sm" c="dimmed">
            {t(some ? "campaign.people.exportFound" : "campaign.people.exportAll")}
          </Text>
          <SegmentedControl
            aria-label={t("contacts.export.format")}
            value={format}
            onChange={(v) => setFormat(v as Order["format"])}
            data={[
              { value: "csv", label: "CSV" },
              { value: "xlsx", label: "Excel (XLSX)" },
            ]}
          />
          {format === "csv" && (
            <>
              <Select
                label={t("contacts.export.encoding")}
                data={[
                  { value: "utf-8", label: "UTF-8" },
                  { value: "windows-1251", label: "Windows-1251" },
                ]}
                value={encoding}
                allowDeselect={false}
                onChange={(v) => v && setEncoding(v as Order["encoding"])}
              />
              <Select
                label={t("contacts.export.separator")}
                data={[
                  { value: ";", label: t("imports.separator.semicolon") },
                  { value: ",", label: t("imports.separator.comma") },
                  { value: "\t", label: t("imports.separator.tab") },
                ]}
                value={separator}
                allowDeselect={false}
                onChange={(v) => v && setSeparator(v)}
              />
            </>
          )}
        </Stack>
      )}
    </Form>
  );
}
