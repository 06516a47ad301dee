import { Alert, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { useEditor } from "../canvas/context";
import { useTypeNames } from "../canvas/names";
import { asWalk, unlike } from "./walk";
import { lines } from "./words";

export type Result = components["schemas"]["Trial"];

/** A test that failed: what the walk should have been, and what it was. */
export function Failed({ result: r }: { result: Result }) {
  const { t, i18n } = useTranslation();
  const zone = useSession().me.user?.zone;
  const scheme = useEditor((s) => s.scheme);
  const typeName = useTypeNames();
  if (r.problem)
    return (
      <Alert color="red" p="xs" title={t("tryit.tests.misfit", { name: r.name })}>
        {r.problem}
        {r.field && ` (${r.field})`}
      </Alert>
    );
  const [expected, got] = [asWalk(r.expected), asWalk(r.got)].map((w) =>
    w ? lines(scheme, w, typeName, t, zone, i18n.language) : [],
  ) as [string[], string[]];
  const other = new Set(unlike(expected, got));
  const side = (title: string, all: string[]) => (
    <div>
      <Text size="xs" fw={600}>
        {title}
      </Text>
      <ol style={{ margin: 0, paddingInlineStart: 18 }}>
        {all.map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and their order is what counts
          <Text key={i} component="li" size="xs" fw={other.has(i) ? 700 : 400} style={{ overflowWrap: "anywhere" }}>
            {other.has(i) ? `≠ ${line}` : line}
          </Text>
        ))}
      </ol>
    </div>
  );
  return (
    <Alert color="red" p="xs" title={t("tryit.tests.failedName", { name: r.name })} data-failed={r.test}>
      <Stack gap="xs">
        {side(t("tryit.tests.expected"), expected)}
        {side(t("tryit.tests.got"), got)}
        {other.size === 0 && <Text size="xs">{t("tryit.tests.finer")}</Text>}
      </Stack>
    </Alert>
  );
}
