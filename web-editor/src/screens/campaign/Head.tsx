import { ActionIcon, Button, Group, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "../../app/session";
import { ActMenu, signs } from "../campaigns/ActMenu";
import { useCampaignActions } from "../campaigns/actions";
import { type Act, actsOf, type Campaign } from "../campaigns/model";
import { StateBadge } from "../campaigns/State";

// What stands as a button beside the name; the rest is in the menu.
const buttons: Act[] = ["pause", "resume", "approve", "reject", "withdraw", "stopLaunch", "cancel"];
const finished: Act[] = ["repeat", "followUp"];
const looks: Partial<Record<Act, { variant: string; color?: string }>> = {
  resume: { variant: "filled" },
  approve: { variant: "filled" },
  cancel: { variant: "light", color: "red" },
  reject: { variant: "light", color: "red" },
  stopLaunch: { variant: "light", color: "red" },
};

export function Head({ campaign: c }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const act = useCampaignActions();
  const over = c.state === "finished" || c.state === "cancelled";
  const front = actsOf(c, may).filter((a) => (over ? finished : buttons).includes(a));
  return (
    <Group justify="space-between" align="start" gap="sm">
      <Group gap="xs" wrap="nowrap" style={{ flex: "1 1 320px", minWidth: 0 }}>
        <ActionIcon component={Link} to="/campaigns" variant="subtle" color="gray" aria-label={t("launch.back")}>
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
        <Title order={1} size="h3" style={{ overflowWrap: "anywhere", minWidth: 0 }}>
          {c.name}
        </Title>
        <StateBadge campaign={c} />
      </Group>
      <Group gap="xs">
        {front.map((a) => {
          const Icon = signs[a];
          const look = looks[a] ?? { variant: "default" };
          return (
            <Button
              key={a}
              size="xs"
              variant={look.variant}
              color={look.color}
              leftSection={<Icon size={16} aria-hidden />}
              onClick={() => act(c, a)}
              styles={look.variant === "light" ? { label: { color: "var(--link-error)" } } : undefined}
            >
              {t(`campaign.button.${a}`)}
            </Button>
          );
        })}
        <ActMenu campaign={c} except={front} />
      </Group>
    </Group>
  );
}
