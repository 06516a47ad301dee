import { Box, Table, useComputedColorScheme, VisuallyHidden } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../../api/schema";
import { number } from "../campaigns/format";

type Zone = components["schemas"]["ZoneCount"];
const most = 8;

/** Where recipients are: the largest zones, and the others together. */
export function bars(zones: readonly Zone[], unknown: string, others: string): { name: string; count: number }[] {
  const named = zones.map((z) => ({ name: z.known ? z.zone : unknown, count: z.recipients }));
  const rest = named.slice(most).reduce((sum, z) => sum + z.count, 0);
  return [...named.slice(0, most), ...(rest ? [{ name: others, count: rest }] : [])];
}

/** Recipients by zone, drawn; the drawing's library is fetched when there is something to draw. */
export function ZoneChart({ zones }: { zones: readonly Zone[] }) {
  const { t } = useTranslation();
  const look = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const list = bars(zones, t("launch.zones.unknown"), t("launch.zones.others"));
  const height = list.length * 24 + 8;
  const key = JSON.stringify(list);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is in the key
  useEffect(() => {
    let gone = false;
    let leave = () => {};
    void import("./chart").then(({ draw }) => {
      if (!gone && place.current) leave = draw(place.current, list, look === "dark");
    });
    return () => {
      gone = true;
      leave();
    };
  }, [key, look]);
  return (
    <figure style={{ margin: 0 }}>
      <Box ref={place} h={height} aria-hidden data-chart="zones" />
      <VisuallyHidden>
        <Table>
          <Table.Caption>{t("launch.zones.title")}</Table.Caption>
          <Table.Tbody>
            {list.map((b) => (
              <Table.Tr key={b.name}>
                <Table.Th scope="row">{b.name}</Table.Th>
                <Table.Td>{number(b.count)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </VisuallyHidden>
    </figure>
  );
}
