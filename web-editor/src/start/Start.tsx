import { Badge, Button, CloseButton, Group, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, once, take } from "../api/client";
import { useSession } from "../app/session";
import { tell, told } from "../parts/tell";
import { launchPlace, next, type Step, type Steps, shown, useWish } from "./state";

/** How far an account is on its first path. */
function useSteps(enabled: boolean) {
  return useQuery({
    queryKey: ["schemes", "start"],
    enabled,
    queryFn: async () => {
      const query = { limit: 1 };
      const [contacts, schemes, campaigns] = await Promise.all([
        take(api.GET("/api/v1/contacts", { params: { query } })),
        take(api.GET("/api/v1/schemes", { params: { query: { kind: "cascade", limit: 50 } } })),
        take(api.GET("/api/v1/campaigns", { params: { query: { limit: 50 } } })),
      ]);
      const steps: Steps = {
        contacts: contacts.items.length > 0,
        cascade: schemes.items.length > 0,
        launch: campaigns.items.some((c) => c.state !== "draft"),
      };
      return { steps, place: launchPlace(schemes.items), published: schemes.items.some((s) => s.published) };
    },
  });
}

/** The first path of an account: people, a cascade, a launch. Whoever may not take it does not see it. */
export function Start({ template }: { template: () => void }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const [wish, setWish] = useWish(me.account.id);
  const able = may("contacts:write") && may("schemes:write") && may("campaigns:launch");
  const { data } = useSteps(able && wish !== "no");
  if (!able || !data || !shown(data.steps, wish)) return null;
  const now = next(data.steps);
  const away = () => {
    setWish("no");
    told(t("start.away"), async () => setWish("yes"));
  };
  return (
    <Paper component="section" withBorder p="md" mb="lg" aria-labelledby="start-title">
      <Group justify="space-between" wrap="nowrap" align="start" mb="sm">
        <div>
          <Title order={2} size="h4" id="start-title">
            {t("start.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t(now ? "start.text" : "start.done")}
          </Text>
        </div>
        <CloseButton onClick={away} aria-label={t("start.close")} />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 3 }} component="ol" p={0} m={0} style={{ listStyle: "none" }}>
        <Card step="contacts" steps={data.steps} number={1}>
          <Contacts primary={now === "contacts"} />
        </Card>
        <Card step="cascade" steps={data.steps} number={2}>
          <Button size="xs" variant={now === "cascade" ? "filled" : "default"} onClick={template}>
            {t("start.cascade.go")}
          </Button>
        </Card>
        <Card step="launch" steps={data.steps} number={3}>
          {data.place ? (
            <Button size="xs" component={Link} to={data.place} variant={now === "launch" ? "filled" : "default"}>
              {t(data.published ? "start.launch.go" : "start.launch.publish")}
            </Button>
          ) : (
            <Text size="xs" c="dimmed">
              {t("start.launch.later")}
            </Text>
          )}
        </Card>
      </SimpleGrid>
    </Paper>
  );
}

function Card({ step, steps, number, children }: { step: Step; steps: Steps; number: number; children: ReactNode }) {
  const { t } = useTranslation();
  const taken = steps[step];
  return (
    <Group
      component="li"
      align="start"
      wrap="nowrap"
      gap="sm"
      aria-current={next(steps) === step ? "step" : undefined}
      data-step={step}
      data-taken={taken}
    >
      <ThemeIcon radius="xl" variant={taken ? "filled" : "light"} color={taken ? "green.9" : undefined} aria-hidden>
        {taken ? <IconCheck size={16} /> : number}
      </ThemeIcon>
      <Stack gap={6} align="start" style={{ minWidth: 0 }}>
        <Group gap="xs">
          <Text fw={600}>{t(`start.${step}.title`)}</Text>
          {taken && (
            <Badge size="sm" variant="light" color="green" tt="none" c="var(--mantine-color-text)">
              {t("start.taken")}
            </Badge>
          )}
        </Group>
        <Text size="sm">{t(`start.${step}.text`)}</Text>
        <Group gap="xs">{children}</Group>
      </Stack>
    </Group>
  );
}

/** An own file, or the sample book, which becomes an import that only has to be started. */
function Contacts({ primary }: { primary: boolean }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const [busy, setBusy] = useState(false);
  const sample = async () => {
    setBusy(true);
    try {
      const made = await take(api.POST("/api/v1/imports/sample", { params: { header: once() } }));
      go(`/contacts/imports/${made.id}`);
    } catch (error) {
      tell(error);
      setBusy(false);
    }
  };
  return (
    <>
      <Button size="xs" component={Link} to="/contacts/imports/new" variant={primary ? "filled" : "default"}>
        {t("start.contacts.go")}
      </Button>
      <Button size="xs" variant="default" onClick={sample} loading={busy}>
        {t("start.contacts.sample")}
      </Button>
    </>
  );
}
