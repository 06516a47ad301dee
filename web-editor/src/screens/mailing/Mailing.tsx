import {
  ActionIcon,
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
  UnstyledButton,
} from "@mantine/core";
import { IconArrowLeft, IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, take } from "../../api/client";
import { Waiting } from "../../app/Waiting";
import type { Workbench } from "../../canvas/context";
import { WorkbenchProvider } from "../../canvas/context";
import { Fields } from "../../canvas/fields/Fields";
import { FormProvider, inConfig } from "../../canvas/fields/model";
import { mapper } from "../../canvas/flow";
import type { Scheme } from "../../canvas/logic/document";
import { drawable } from "../../canvas/logic/readable";
import { createEditor } from "../../canvas/logic/store";
import { lookOf } from "../../canvas/look";
import { useLanguage } from "../../canvas/names";
import { type BlockType, type Finding, inWords } from "../../canvas/types";
import { createUi } from "../../canvas/ui";
import { Failure } from "../../parts/Failure";
import { useTitle } from "../../parts/title";
import { useUnsaved } from "../../parts/unsaved";
import { useCampaign, useEdition } from "../campaigns/queries";
import classes from "./mailing.module.css";
import { channels, keep, kept, type Message, messageOf, schemeOf } from "./message";
import { useContinue } from "./useContinue";

/** A mailing without a canvas: one channel, one form; the next step picks the recipients. */
export function Mailing() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const id = params.get("campaign") ?? "";
  const campaign = useCampaignToChange(id);
  const types = useQuery({
    queryKey: ["block-types"],
    queryFn: () => take(api.GET("/api/v1/block-types")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  useTitle(t("mailing.title"));
  if (types.isError) return <Failure error={types.error} again={() => types.refetch()} />;
  if (campaign.error) return <Failure error={campaign.error} />;
  if (!types.data || (id && !campaign.ready)) return <Waiting />;
  return <Form types={types.data.items as BlockType[]} over={id ? campaign : null} />;
}

export interface Over {
  campaign: string;
  version: string;
  scheme: string | undefined;
  drawing: Scheme | null;
  /** What was published as the version. */
  document: unknown;
}

/** The draft whose message is to be changed. */
function useCampaignToChange(id: string) {
  const campaign = useCampaign(id);
  const edition = useEdition(id ? campaign.data?.version : undefined);
  const drawing = useMemo(() => drawable(edition.data?.document), [edition.data]);
  return {
    campaign: id,
    version: campaign.data?.version ?? "",
    scheme: edition.data?.scheme,
    drawing,
    document: edition.data?.document,
    ready: Boolean(campaign.data && edition.data),
    error: id ? (campaign.error ?? edition.error) : null,
  };
}

const blank: Message = { name: "", type: "", config: {} };

function Form({ types, over }: { types: BlockType[]; over: Over | null }) {
  const { t } = useTranslation();
  const [message, setMessage] = useState<Message>(() => (over ? messageOf(over.drawing) : kept()) ?? blank);
  const [begun] = useState(() => JSON.stringify(message));
  const go = useContinue();
  const { findings, ready } = useFindings(message);
  const type = types.find((b) => b.type === message.type);
  const put = (part: Partial<Message>) => {
    const next = { ...message, ...part };
    setMessage(next);
    if (!over) keep(next);
  };
  // What is begun anew is kept on this machine; a change of a draft is not.
  useUnsaved(over !== null && JSON.stringify(message) !== begun && !go.busy);
  const [shown, setShown] = useState(false);
  const errors = findings.filter((f) => f.severity === "error");
  const next = async () => {
    setShown(true);
    if (!message.name.trim() || !type || errors.length || !ready) return;
    await go.run(message, over);
  };
  return (
    <Stack maw={760} mx="auto" data-checked={ready ? "yes" : "no"}>
      <Group gap="xs" wrap="nowrap">
        <ActionIcon
          component={Link}
          to={over ? `/campaigns/${over.campaign}` : "/campaigns"}
          variant="subtle"
          color="gray"
          aria-label={t("launch.back")}
        >
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
        <Title order={1} size="h2">
          {t("mailing.title")}
        </Title>
      </Group>
      <Text c="dimmed">{t("mailing.text")}</Text>
      <Channels
        types={types}
        value={message.type}
        set={(v) => v !== message.type && put({ type: v, config: moved(message, v) })}
      />
      {type && (
        <Paper withBorder p="md">
          <Stack>
            <TextInput
              label={t("launch.basics.name")}
              description={t("mailing.nameHint")}
              value={message.name}
              maxLength={200}
              required
              error={shown && !message.name.trim() ? t("mailing.nameNeeded") : undefined}
              onChange={(e) => put({ name: e.currentTarget.value })}
            />
            <Settings type={type} message={message} findings={findings} all={shown} set={(config) => put({ config })} />
          </Stack>
        </Paper>
      )}
      {go.wrong && (
        <Alert color="red" role="alert">
          {go.wrong}
        </Alert>
      )}
      {shown && errors.length > 0 && (
        <Text c="red" size="sm" role="alert">
          {t("mailing.mend")}
        </Text>
      )}
      {type && (
        <Group justify="space-between">
          {over?.scheme ? (
            <Anchor component={Link} to={`/cascades/${over.scheme}`} size="sm">
              {t("launch.drawing")}
            </Anchor>
          ) : (
            <span />
          )}
          <Button rightSection={<IconArrowRight size={16} aria-hidden />} loading={go.busy} onClick={next}>
            {t("mailing.next")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** What another channel takes over: a sender is most often another one, the text the same. */
const moved = (m: Message, to: string): Message["config"] =>
  typeof m.config.text === "string" && to ? { text: m.config.text } : {};

function Channels({ types, value, set }: { types: BlockType[]; value: string; set: (v: string) => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, sm: 6 }} spacing="xs" role="group" aria-label={t("mailing.channel")}>
      {channels.map((c) => {
        const type = types.find((b) => b.type === c);
        const { icon: Icon, color } = lookOf(c);
        if (!type) return null;
        return (
          <UnstyledButton
            key={c}
            className={classes.channel}
            aria-pressed={value === c}
            data-channel={c}
            onClick={() => set(c)}
          >
            <Icon size={24} color={`var(--mantine-color-${color}-6)`} aria-hidden />
            <Text size="xs" ta="center">
              {type.label[language]}
            </Text>
          </UnstyledButton>
        );
      })}
    </SimpleGrid>
  );
}

interface SettingsProps {
  type: BlockType;
  message: Message;
  findings: Finding[];
  /** Tell of what is missing too, not only of what was filled in wrongly. */
  all: boolean;
  set: (config: Message["config"]) => void;
}

/** The form of the channel's block, the very one of the canvas. */
function Settings({ type, message, findings, all, set }: SettingsProps) {
  const bench = useMemo<Workbench>(
    () => ({
      editor: createEditor({ kind: "cascade", name: "", nodes: [], links: [] }),
      ui: createUi(),
      types: new Map([[type.type, type]]),
      mapper: mapper(),
      readOnly: false,
      view: { centre: () => ({ x: 0, y: 0 }), show: () => {}, fit: () => {} },
    }),
    [type],
  );
  const form = useMemo(() => {
    const wrong = new Map<string, string>();
    for (const f of findings) {
      const at = inConfig(f.field, 0);
      if (at === null || f.code === "no_goal") continue;
      const filled = message.config[at.split("/")[1] ?? ""] !== undefined;
      if (all || filled) wrong.set(at, [wrong.get(at), inWords(f)].filter(Boolean).join("\n"));
    }
    return { type: type.type, wrong, readOnly: false };
  }, [findings, all, type, message.config]);
  return (
    <WorkbenchProvider value={bench}>
      <FormProvider value={form}>
        {form.wrong.get("") && <Alert color="yellow">{form.wrong.get("")}</Alert>}
        <Fields fields={type.fields} values={message.config} set={set} />
      </FormProvider>
    </WorkbenchProvider>
  );
}

const pause = 400;

/** What is wrong with the message, checked shortly after each change. */
function useFindings(m: Message): { findings: Finding[]; ready: boolean } {
  const { i18n } = useTranslation();
  const text = JSON.stringify(schemeOf(m));
  const [found, setFound] = useState<{ of: string; findings: Finding[] }>({ of: "", findings: [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: findings speak the reader's language
  useEffect(() => {
    if (!m.type) return;
    let stale = false;
    const timer = setTimeout(() => {
      take(api.POST("/api/v1/findings", { body: { document: JSON.parse(text) } }))
        .then((x) => !stale && setFound({ of: text, findings: x.findings as Finding[] }))
        .catch(() => undefined); // without a connection the last findings stay
    }, pause);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text, m.type, i18n.language]);
  return { findings: found.findings, ready: found.of === text };
}
