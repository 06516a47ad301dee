import { Group, Stack, Text } from "@mantine/core";
import { IconBattery3, IconPhoto, IconPlayerPlay, IconWifi } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { useEditor, useUi, useWorkbench } from "../context";
import { asList, asObject } from "../fields/model";
import type { Block } from "../logic/document";
import { fill, type Piece, type Sample, textOf } from "../logic/fill";
import { smsSize } from "../logic/sms";
import { lookOf } from "../look";
import { useTypeNames } from "../names";
import classes from "./preview.module.css";

const text = (v: unknown): string => (typeof v === "string" ? v : "");

/** Whom messages are shown for: the one that the scheme is tried on, else somebody of the book, else a name. */
function useSample(): Sample {
  const { t } = useTranslation();
  const { may } = useSession();
  const tried = useUi((u) => u.trial?.setting.person);
  const campaign = useEditor((s) => s.scheme.name);
  const book = useQuery({
    queryKey: ["contacts", "sample"],
    queryFn: () => take(api.GET("/api/v1/contacts", { params: { query: { limit: 1 } } })),
    enabled: may("contacts:read"),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const first = book.data?.items[0];
  return useMemo(
    () => ({ contact: { ...(tried ?? first ?? { name: t("preview.name") }) }, campaign: { name: campaign } }),
    [tried, first, campaign, t],
  );
}

/** A message as it looks on a phone. Nothing where a block sends none. */
export function Preview({ block }: { block: Block }) {
  const { types } = useWorkbench();
  const message = types.get(block.type)?.fields.some((f) => f.name === "sender");
  return message ? <Phone block={block} /> : null;
}

function Phone({ block }: { block: Block }) {
  const { t } = useTranslation();
  const sample = useSample();
  const typeName = useTypeNames()(block.type);
  const { icon: Icon, color } = lookOf(block.type);
  const who = text(sample.contact.name) || text(sample.contact.phone);
  const filled = fill(text(block.config.text), sample);
  return (
    <Stack gap={4} component="section" aria-label={t("preview.label")} data-preview={block.type}>
      <Text fw={600} size="sm">
        {t("preview.label")}
      </Text>
      <div className={classes.phone}>
        <div className={classes.bar} aria-hidden>
          <span>10:00</span>
          <Group gap={4}>
            <IconWifi size={13} />
            <IconBattery3 size={15} />
          </Group>
        </div>
        <Group gap="xs" wrap="nowrap" className={classes.sender}>
          <Icon size={18} color={`var(--mantine-color-${color}-6)`} aria-hidden />
          <Text size="sm" fw={600} truncate>
            {text(block.config.sender) || t("preview.sender")}
          </Text>
          <Text size="xs" c="dimmed">
            {typeName}
          </Text>
        </Group>
        <div className={classes.screen}>
          {block.type === "voice" ? (
            <Call block={block} said={filled} />
          ) : (
            <Bubble block={block} said={filled} sample={sample} />
          )}
        </div>
      </div>
      <Text size="xs" c="dimmed">
        {who ? t("preview.for", { who }) : t("preview.nobody")}
        {block.type === "sms" && ` · ${parts(textOf(filled), t)}`}
      </Text>
    </Stack>
  );
}

function parts(message: string, t: ReturnType<typeof useTranslation>["t"]): string {
  const size = smsSize(message);
  return `${t("canvas.template.signs", { count: [...message].length })}, ${t("canvas.template.parts", { count: size.parts, alphabet: size.alphabet, left: size.left })}`;
}

function Said({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map((p, i) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name, and their order is what counts
    if (p.kind === "link") return <u key={i}>{p.text}</u>;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    if (p.kind === "open") return <code key={i}>{p.text}</code>;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    return <span key={i}>{p.text}</span>;
  });
}

function Bubble({ block, said, sample }: { block: Block; said: readonly Piece[]; sample: Sample }) {
  const { t } = useTranslation();
  const c = block.config;
  const format = text(c.format);
  const button = asObject(c.button);
  const pictured = block.type === "viber" && format.includes("image");
  const pressed = block.type === "viber" && format.includes("button");
  const parameters = asList(c.parameters).map((p) => fill(text(p), sample));
  const lines: ReactNode[] = [];
  if (said.length) lines.push(<Said key="text" pieces={said} />);
  if (text(c.template))
    lines.push(
      <Text key="template" size="sm">
        {t("preview.template", { name: text(c.template) })}
      </Text>,
    );
  if (!lines.length && !pictured)
    return (
      <Text size="sm" c="dimmed">
        {t("preview.empty")}
      </Text>
    );
  return (
    <div className={classes.bubble} data-channel={block.type}>
      {pictured && (
        // An image of another host is not fetched from here: its address is shown.
        <div className={classes.image}>
          <IconPhoto size={28} aria-hidden />
          <Text size="xs" truncate maw="100%">
            {text(c.image) || t("preview.image")}
          </Text>
        </div>
      )}
      {lines.length > 0 && <div className={classes.text}>{lines}</div>}
      {parameters.map((p, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parameters are told apart by their order
        <Text key={i} size="xs" className={classes.text}>
          {`{{${i + 1}}}`}: <Said pieces={p} />
        </Text>
      ))}
      {pressed && (
        <div className={classes.button}>{textOf(fill(text(button.text), sample)) || t("preview.button")}</div>
      )}
    </div>
  );
}

function Call({ block, said }: { block: Block; said: readonly Piece[] }) {
  const { t } = useTranslation();
  const c = block.config;
  const keys = Object.entries(asObject(c.ivr)).map(([key, v]) => [key, asObject(v)] as const);
  const sound = text(c.audio) || text(c.recording);
  return (
    <Stack gap="xs">
      <div className={classes.bubble} data-channel="voice">
        <div className={classes.text}>
          {sound ? (
            <Group gap="xs" wrap="nowrap">
              <IconPlayerPlay size={16} aria-hidden />
              <span style={{ overflowWrap: "anywhere" }}>{sound}</span>
            </Group>
          ) : said.length ? (
            <>
              «<Said pieces={said} />»
            </>
          ) : (
            <Text size="sm" c="dimmed">
              {t("preview.empty")}
            </Text>
          )}
        </div>
      </div>
      {keys.length > 0 && (
        <ul className={classes.keys} aria-label={t("preview.keys")}>
          {keys.map(([key, v]) => (
            <li key={key}>
              <b>{key}</b>
              <span>
                {t(`preview.action.${text(v.action)}`, { defaultValue: text(v.action) })}
                {text(v.number) && ` ${text(v.number)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}
