import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { number } from "../campaigns/format";
import { useFigures } from "./context";
import { errorsOf } from "./figures";

/** Messages that could not be sent, by reason and block. */
export function Errors() {
  const { t } = useTranslation();
  const f = useFigures((l) => l.figures);
  const list = f ? errorsOf(f) : [];
  const name = (id: string) => f?.blocks.find((b) => b.id === id)?.name || id;
  if (!list.length)
    return (
      <Text c="dimmed" size="sm">
        {t("campaign.errors.none")}
      </Text>
    );
  return (
    <Table verticalSpacing={4} aria-label={t("campaign.errors.title")}>
      <Table.Tbody>
        {list.map((e) => (
          <Table.Tr key={e.reason}>
            <Table.Td>
              <Text size="sm">{sentence(t(`canvas.reason.${e.reason}`, { defaultValue: e.reason }))}</Text>
              <Text size="xs" c="dimmed">
                {e.blocks.map((b) => `${name(b.id)}: ${number(b.count)}`).join(" · ")}
              </Text>
            </Table.Td>
            <Table.Td ta="right">{number(e.count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const sentence = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);
