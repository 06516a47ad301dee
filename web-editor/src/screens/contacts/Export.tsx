import { SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, once, take } from "../../api/client";
import { TaskBox } from "../imports/TaskBox";
import { Form } from "./Form";

interface Props {
  selection?: { filter?: string; groups?: string[] };
  ids?: string[];
  /** The stop list instead of contacts. */
  stops?: boolean;
  close: () => void;
}

/** Writes contacts or the stop list to a file: asks how, shows how far it is, and hands the file over. */
export function Export({ selection, ids, stops, close }: Props) {
  const { t } = useTranslation();
  const [format, setFormat] = useState<"csv" | "xlsx">("csv");
  const [encoding, setEncoding] = useState<"utf-8" | "windows-1251">("utf-8");
  const [separator, setSeparator] = useState(";");
  const [task, setTask] = useState("");
  const start = async () => {
    const file = { format, encoding, separator };
    const body = stops
      ? { what: "stop_list" as const, ...file }
      : { what: "contacts" as const, ...file, selection, ids };
    setTask((await take(api.POST("/api/v1/exports", { params: { header: once() }, body }))).id);
  };
  if (task) return <TaskBox id={task} />;
  return (
    <Form submit={start} close={close} stays label={t("contacts.export.go")}>
      {() => (
        <Stack>
          {!stops && (
            <Text size="sm" c="dimmed">
              {t("contacts.export.text")}
            </Text>
          )}
          <SegmentedControl
            aria-label={t("contacts.export.format")}
            value={format}
            onChange={(v) => setFormat(v === "xlsx" ? "xlsx" : "csv")}
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
                onChange={(v) => setEncoding(v === "windows-1251" ? "windows-1251" : "utf-8")}
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
