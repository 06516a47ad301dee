import { Grid, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { useSession } from "../../app/session";
import { Waiting } from "../../app/Waiting";
import { drawable } from "../../canvas/logic/readable";
import type { BlockType } from "../../canvas/types";
import { Failure } from "../../parts/Failure";
import type { Campaign } from "../campaigns/model";
import { useEdition } from "../campaigns/queries";
import { BlockDetails, BlockTable } from "./Blocks";
import { useFigures } from "./context";
import { Endings } from "./Endings";
import { Errors } from "./Errors";
import { LiveScheme } from "./LiveScheme";
import { roomy } from "./roomy";
import { Troubles } from "./Troubles";

/** The scheme with its figures; how walks ended, what went wrong. */
export function Picture({ campaign: c, figures }: { campaign: Campaign; figures: boolean }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [chosen, choose] = useState("");
  const edition = useEdition(c.version);
  const types = useQuery({
    queryKey: ["block-types"],
    queryFn: () => take(api.GET("/api/v1/block-types")),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: may("schemes:read"),
  });
  const drawn = useMemo(() => drawable(edition.data?.document), [edition.data]);
  const scheme = useMemo(() => drawn && roomy(drawn), [drawn]);
  // The drawing is fitted into its frame once its blocks are as large as their figures make them.
  const known = useFigures((l) => l.figures !== null) || !figures || !may("reports:read");
  const failed = [edition, types].find((q) => q.isError && !q.data);
  const waits = may("schemes:read") && !failed && (!edition.data || !types.data || !known);
  if (waits) return <Waiting />;
  return (
    <Stack>
      {failed && <Failure error={failed.error} again={() => failed.refetch()} />}
      {scheme && types.data ? (
        <LiveScheme scheme={scheme} types={types.data.items as BlockType[]} chosen={chosen} choose={choose} />
      ) : (
        !failed && (
          <Text c="dimmed" size="sm">
            {t("campaign.noDrawing")}
          </Text>
        )
      )}
      {chosen && figures && <BlockDetails campaign={c} scheme={scheme} id={chosen} close={() => choose("")} />}
      {figures && (
        <Grid>
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Card title={t("campaign.endings.title")}>
              <Endings />
            </Card>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Card title={t("campaign.errors.title")}>
              <Errors />
            </Card>
          </Grid.Col>
          <Grid.Col span={12}>
            <Card title={t("campaign.blocks.title")}>
              <BlockTable choose={choose} />
            </Card>
          </Grid.Col>
          <Grid.Col span={12}>
            <Troubles campaign={c} />
          </Grid.Col>
        </Grid>
      )}
    </Stack>
  );
}

export function Card({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Paper withBorder p="md" h="100%" component="section" aria-label={title}>
      <Title order={2} size="h5" mb="sm">
        {title}
      </Title>
      {children}
    </Paper>
  );
}
