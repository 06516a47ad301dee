import { Alert, Anchor, Button, MultiSelect, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { number } from "../campaigns/format";
import { useCampaign, useGroups } from "../campaigns/queries";
import { FilterInput } from "./FilterInput";
import { Section } from "./parts";
import { type Terms, wrongAt } from "./terms";
import type { TermsState } from "./useTerms";

type Audience = NonNullable<Terms["audience"]>;

/** Who gets it: groups, less other groups, and a filter. */
export function AudiencePart({ form }: { form: TermsState }) {
  const { t } = useTranslation();
  const { terms, errors, set } = form;
  const audience = terms.audience ?? {};
  const groups = useGroups();
  const data = (groups.data?.items ?? []).map((g) => ({ value: g.id, label: `${g.name} (${number(g.size)})` }));
  const put = (part: Partial<Audience>) => {
    const next = { ...audience, ...part };
    for (const k of Object.keys(next) as (keyof Audience)[]) {
      const v = next[k];
      if (v === undefined || v === "" || (Array.isArray(v) && !v.length)) delete next[k];
    }
    set({ audience: next });
  };
  return (
    <Section title={t("launch.audience.title")}>
      {audience.follows && <Follows follows={audience.follows} drop={() => put({ follows: undefined })} />}
      <MultiSelect
        label={t("launch.audience.groups")}
        description={t("launch.audience.groupsHint")}
        placeholder={audience.groups?.length ? undefined : t("launch.audience.all")}
        data={data}
        value={audience.groups ?? []}
        onChange={(v) => put({ groups: v })}
        searchable
        maxValues={100}
        nothingFoundMessage={t("launch.audience.noGroups")}
        error={wrongAt(errors, "audience.groups")}
      />
      <MultiSelect
        label={t("launch.audience.minus")}
        data={data}
        value={audience.minus_groups ?? []}
        onChange={(v) => put({ minus_groups: v })}
        searchable
        maxValues={100}
        nothingFoundMessage={t("launch.audience.noGroups")}
        error={wrongAt(errors, "audience.minus_groups")}
      />
      <FilterInput value={audience.filter ?? ""} set={(filter) => put({ filter })} error={errors["audience.filter"]} />
      {errors.audience && (
        <Text size="sm" c="red">
          {errors.audience}
        </Text>
      )}
    </Section>
  );
}

function Follows({ follows, drop }: { follows: NonNullable<Audience["follows"]>; drop: () => void }) {
  const { t } = useTranslation();
  const earlier = useCampaign(follows.campaign);
  return (
    <Alert color="blue" title={t("launch.audience.follows")}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {t(`campaigns.followUp.${follows.who}`)}:{" "}
          <Anchor component={Link} to={`/campaigns/${follows.campaign}`} size="sm">
            {earlier.data?.name ?? follows.campaign}
          </Anchor>
        </Text>
        <Button size="compact-sm" variant="default" onClick={drop}>
          {t("launch.audience.unfollow")}
        </Button>
      </Stack>
    </Alert>
  );
}
