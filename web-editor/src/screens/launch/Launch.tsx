import { ActionIcon, Alert, Anchor, Box, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft, IconRocket, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { useTitle } from "../../parts/title";
import { ActMenu } from "../campaigns/ActMenu";
import type { Campaign } from "../campaigns/model";
import { useEdition } from "../campaigns/queries";
import { AudiencePart } from "./AudiencePart";
import { Basics } from "./Basics";
import { Confirm } from "./Confirm";
import classes from "./launch.module.css";
import { OpenPart } from "./OpenPart";
import { PacePart, RestPart } from "./PacePart";
import { SaveState, Section } from "./parts";
import { Summary, useEstimate } from "./Summary";
import { TestSend } from "./TestSend";
import { useTerms } from "./useTerms";
import { WhenPart } from "./WhenPart";

/** A draft on its way to the launch: the form, and beside it what a launch would do. */
export function Launch({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const form = useTerms(c);
  const { terms, saved, state, errors } = form;
  const estimate = useEstimate(c.id, saved);
  const open = terms.kind === "open";
  useTitle(terms.name);
  return (
    <>
      <Group justify="space-between" mb="md" align="start" gap="xs">
        <Group gap="xs" wrap="nowrap" style={{ flex: "1 1 280px", minWidth: 0 }}>
          <ActionIcon component={Link} to="/campaigns" variant="subtle" color="gray" aria-label={t("launch.back")}>
            <IconArrowLeft size={18} aria-hidden />
          </ActionIcon>
          <Title order={1} size="h3" style={{ overflowWrap: "anywhere", minWidth: 0 }}>
            {terms.name || t("launch.nameless")}
          </Title>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <SaveState state={state} />
          <ActMenu campaign={c} />
        </Group>
      </Group>
      <Notices campaign={c} />
      <div className={classes.columns}>
        <Stack miw={0}>
          <Basics form={form} />
          {open ? <OpenPart form={form} id={c.id} /> : <AudiencePart form={form} />}
          <WhenPart form={form} />
          <PacePart form={form} />
          <RestPart form={form} />
        </Stack>
        <Box className={classes.side}>
          <Stack>
            {open ? (
              <Section title={t("launch.sum.title")}>
                <Text size="sm">{t("launch.confirm.open")}</Text>
              </Section>
            ) : (
              <Summary estimate={estimate} terms={saved} />
            )}
            <Buttons campaign={c} form={form} estimate={estimate} />
            {Object.keys(errors).length > 0 && (
              <Text size="sm" c="red" role="alert">
                {t("launch.mend")}
              </Text>
            )}
          </Stack>
        </Box>
      </div>
    </>
  );
}

interface ButtonsProps {
  campaign: Campaign;
  form: ReturnType<typeof useTerms>;
  estimate: ReturnType<typeof useEstimate>;
}

function Buttons({ campaign: c, form, estimate }: ButtonsProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [asked, setAsked] = useState<"" | "launch" | "test">("");
  const [busy, setBusy] = useState("");
  const rule = useQuery({
    queryKey: ["moderation"],
    queryFn: () => take(api.GET("/api/v1/moderation")),
    enabled: may("settings:read"),
  });
  if (!may("campaigns:launch")) return null;
  const moderated = Boolean(rule.data?.needed) && !may("campaigns:moderate");
  const open = form.terms.kind === "open";
  // What is typed is saved first: only that is counted and launched.
  const ask = async (what: "launch" | "test") => {
    setBusy(what);
    if (await form.flush()) setAsked(what);
    setBusy("");
  };
  const ready = open || form.terms.start?.when === "cron" || (estimate.data?.recipients ?? 0) > 0;
  return (
    <>
      <Button
        size="md"
        fullWidth
        leftSection={<IconRocket size={18} aria-hidden />}
        loading={busy === "launch"}
        disabled={!ready}
        onClick={() => ask("launch")}
      >
        {t(moderated ? "launch.moderate" : "launch.launch")}
      </Button>
      <Button
        variant="default"
        fullWidth
        leftSection={<IconSend size={18} aria-hidden />}
        loading={busy === "test"}
        onClick={() => ask("test")}
      >
        {t("launch.test.open")}
      </Button>
      <TestSend id={c.id} opened={asked === "test"} close={() => setAsked("")} />
      <Confirm
        campaign={c}
        terms={form.terms}
        estimate={estimate.data}
        recount={() => void estimate.refetch()}
        moderated={moderated}
        opened={asked === "launch" && !estimate.isPlaceholderData}
        close={() => setAsked("")}
      />
    </>
  );
}

/** What happened to the draft before: the moderator's note, a launch that failed; and where its drawing is. */
function Notices({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const edition = useEdition(c.version);
  const task = useQuery({
    queryKey: ["task", c.task],
    queryFn: () => take(api.GET("/api/v1/tasks/{task}", { params: { path: { task: c.task ?? "" } } })),
    enabled: Boolean(c.task) && !c.launching,
  });
  const nodes = (edition.data?.document as { nodes?: unknown[] } | undefined)?.nodes;
  return (
    <>
      {c.note && (
        <Alert color="yellow" title={t("launch.rejected")} mb="md">
          {c.note}
        </Alert>
      )}
      {task.data?.state === "failed" && task.data.error && (
        <Alert color="red" title={t("launch.failed")} mb="md" role="alert">
          {task.data.error.message}
        </Alert>
      )}
      {nodes?.length === 1 && edition.data?.scheme && (
        <Text size="sm" mb="md">
          <Anchor component={Link} to={`/campaigns/mailing?campaign=${c.id}`} size="sm">
            {t("launch.message")}
          </Anchor>
          {" · "}
          <Anchor component={Link} to={`/cascades/${edition.data.scheme}`} size="sm">
            {t("launch.drawing")}
          </Anchor>
        </Text>
      )}
    </>
  );
}
