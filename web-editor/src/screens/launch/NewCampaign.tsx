import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { api, once, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { wordsOf } from "../../parts/tell";
import { useTitle } from "../../parts/title";
import { campaignsKey } from "../campaigns/model";
import { useCascades } from "../campaigns/queries";

/** The beginning of a campaign: which cascade, what name, and where recipients come from. */
export function NewCampaign() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const go = useNavigate();
  const queries = useQueryClient();
  const [scheme, setScheme] = useState(params.get("scheme") ?? "");
  const [kind, setKind] = useState<"closed" | "open">("closed");
  const [name, setName] = useState("");
  const [touched, setTouched] = useState(false);
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [key] = useState(once);
  useTitle(t("campaigns.new.open"));
  const list = useCascades(typed && !scheme ? typed : "");
  const asked = useQuery({
    queryKey: ["scheme", scheme],
    queryFn: () => take(api.GET("/api/v1/schemes/{scheme}", { params: { path: { scheme } } })),
    enabled: scheme !== "",
  });
  const chosen = asked.data;
  const label = chosen ? chosen.name || t("cascades.nameless") : "";
  useEffect(() => {
    if (!touched && label) setName(label.slice(0, 200));
  }, [label, touched]);
  const version = chosen?.published?.version;
  const make = async (e: FormEvent) => {
    e.preventDefault();
    if (!version) return setWrong({ version: t("launch.basics.needed") });
    setBusy(true);
    try {
      const body = { name: name.trim(), version, kind };
      const made = await take(api.POST("/api/v1/campaigns", { params: { header: key }, body }));
      await queries.invalidateQueries({ queryKey: campaignsKey });
      go(`/campaigns/${made.id}`, { replace: true });
    } catch (error) {
      setBusy(false);
      setWrong(error instanceof ProblemError && error.problem.errors?.length ? error.fields : { "": wordsOf(error) });
    }
  };
  const options = (list.data ?? []).map((s) => ({ value: s.id, label: s.name || t("cascades.nameless") }));
  if (chosen && !options.some((o) => o.value === chosen.id)) options.unshift({ value: chosen.id, label });
  return (
    <Stack maw={560} mx="auto">
      <Title order={1} size="h2">
        {t("campaigns.new.open")}
      </Title>
      <Paper withBorder p="md" component="form" onSubmit={make}>
        <Stack>
          {wrong[""] && (
            <Alert color="red" role="alert">
              {wrong[""]}
            </Alert>
          )}
          <Select
            label={t("launch.basics.cascade")}
            placeholder={t("launch.basics.choose")}
            data={options}
            value={scheme || null}
            onChange={(v) => v && setScheme(v)}
            searchable
            onSearchChange={setTyped}
            nothingFoundMessage={t("launch.basics.noCascades")}
            allowDeselect={false}
            required
            error={wrong.version}
          />
          {chosen && !chosen.published && (
            <Alert color="yellow">
              {t("launch.unpublished")}{" "}
              <Anchor component={Link} to={`/cascades/${chosen.id}`} size="sm">
                {t("launch.basics.open")}
              </Anchor>
            </Alert>
          )}
          {list.isSuccess && !typed && !scheme && options.length === 0 && (
            <Alert color="blue">
              {t("launch.noneYet")}{" "}
              <Anchor component={Link} to="/cascades" size="sm">
                {t("launch.toCascades")}
              </Anchor>
            </Alert>
          )}
          <TextInput
            label={t("launch.basics.name")}
            value={name}
            maxLength={200}
            required
            error={wrong.name}
            onChange={(e) => {
              setTouched(true);
              setName(e.currentTarget.value);
            }}
          />
          <Stack gap={4}>
            <SegmentedControl
              aria-label={t("launch.basics.kind")}
              value={kind}
              onChange={(v) => setKind(v as "closed" | "open")}
              data={["closed", "open"].map((value) => ({ value, label: t(`launch.kind.${value}`) }))}
            />
            <Text size="xs" c="dimmed">
              {t(`launch.kind.${kind}Hint`)}
            </Text>
          </Stack>
          <Group justify="flex-end">
            <Button component={Link} to="/campaigns" variant="default">
              {t("parts.cancel")}
            </Button>
            <Button type="submit" loading={busy} disabled={!version || !name.trim()}>
              {t("launch.continue")}
            </Button>
          </Group>
        </Stack>
      </Paper>
    </Stack>
  );
}
