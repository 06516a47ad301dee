import { List, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { changesOf } from "../canvas/logic/difference";
import type { Scheme } from "../canvas/logic/document";
import { useLanguage } from "../canvas/names";
import type { BlockType } from "../canvas/types";
import { type Difference, settingName, valuesOf, withoutMoves } from "./merged";

interface Props {
  difference: Difference;
  scheme: Scheme;
  types: ReadonlyMap<string, BlockType>;
}

const marks: Record<string, string> = {
  blockAdded: "+",
  linkAdded: "+",
  blockRemoved: "−",
  linkRemoved: "−",
  blockChanged: "≠",
  linkChanged: "≠",
  document: "≠",
};

/** A difference of two versions in words. */
export function Changes({ difference, scheme, types }: Props) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { difference: d, moved } = withoutMoves(difference);
  const changes = changesOf(d, scheme, (type) => types.get(type)?.label[language] ?? type);
  return (
    <Stack gap="xs" data-changes={changes.length}>
      <Title order={3} size="h6">
        {t("versions.changes")}
      </Title>
      {changes.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("versions.same")}
        </Text>
      )}
      <List size="sm" listStyleType="none" spacing={4} withPadding={false}>
        {changes.map((c, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: changes have no other name
          <List.Item key={i}>
            <span aria-hidden>{marks[c.what]} </span>
            {t(`canvas.change.${c.what}`, { name: c.name })}
          </List.Item>
        ))}
      </List>
      {d.nodes.changed.map((x) => (
        <Details key={x.id} id={x.id} fields={x.fields} scheme={scheme} types={types} />
      ))}
      {moved > 0 && (
        <Text size="xs" c="dimmed">
          {t("versions.moved", { count: moved })}
        </Text>
      )}
    </Stack>
  );
}

/** Which settings of a block changed, from what to what. */
export function Details({
  id,
  fields,
  scheme,
  types,
}: { id: string; fields: { field: string; before?: unknown; after?: unknown }[] } & Pick<Props, "scheme" | "types">) {
  const { t } = useTranslation();
  const language = useLanguage();
  const block = scheme.nodes.find((n) => n.id === id);
  const type = types.get(block?.type ?? "");
  const shown = fields.filter((f) => f.field === "/name" || f.field.startsWith("/config"));
  if (!block || !shown.length) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {block.name || type?.label[language] || block.type}
      </Text>
      {shown.map((f) => {
        const { before, after } = valuesOf(f);
        const name =
          f.field === "/name" ? t("canvas.field.name") : settingName(f.field, type?.fields ?? [], (w) => w[language]);
        return (
          <Text key={f.field} size="xs" style={{ overflowWrap: "anywhere" }}>
            {name}: <del>{before || t("versions.nothing")}</del> → <ins>{after || t("versions.nothing")}</ins>
          </Text>
        );
      })}
    </div>
  );
}
