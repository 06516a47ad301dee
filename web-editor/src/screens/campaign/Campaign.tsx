import { Container } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { statusOf } from "../../api/problem";
import { Missing } from "../../app/Missing";
import { useSession } from "../../app/session";
import { Waiting } from "../../app/Waiting";
import { Failure } from "../../parts/Failure";
import { useTitle } from "../../parts/title";
import { useCampaign } from "../campaigns/queries";
import { Launch } from "../launch/Launch";
import { Overview } from "./Overview";

/** One campaign: a draft on its way to the launch, or what becomes of a launched one. */
export function CampaignScreen() {
  const { t } = useTranslation();
  const { campaign = "" } = useParams();
  const { may } = useSession();
  const asked = useCampaign(campaign);
  const c = asked.data;
  useTitle(c?.name ?? t("app.menu.campaigns"));
  if (asked.isError && !c) {
    if ([404, 422].includes(statusOf(asked.error))) return <Missing />;
    return (
      <Container size="sm" py="xl">
        <Failure error={asked.error} again={() => asked.refetch()} />
      </Container>
    );
  }
  if (!c) return <Waiting />;
  if (c.state === "draft" && !c.launching && may("campaigns:write")) return <Launch key={c.id} campaign={c} />;
  return <Overview key={c.id} campaign={c} />;
}
