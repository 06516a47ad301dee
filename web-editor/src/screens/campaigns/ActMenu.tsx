import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArchive,
  IconArchiveOff,
  IconArrowForwardUp,
  IconCheck,
  IconCopy,
  IconDots,
  IconLock,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRepeat,
  IconTrash,
  IconX,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../app/session";
import { useCampaignActions } from "./actions";
import { type Act, actsOf, type Campaign } from "./model";

export const signs: Record<Act, typeof IconDots> = {
  pause: IconPlayerPause,
  resume: IconPlayerPlay,
  cancel: IconPlayerStop,
  stopLaunch: IconPlayerStop,
  close: IconLock,
  withdraw: IconArrowForwardUp,
  approve: IconCheck,
  reject: IconX,
  repeat: IconRepeat,
  followUp: IconArrowForwardUp,
  copy: IconCopy,
  archive: IconArchive,
  unarchive: IconArchiveOff,
  delete: IconTrash,
};

const harmful: Act[] = ["cancel", "stopLaunch", "delete", "reject"];

/** What can be done with a campaign, as a menu. */
export function ActMenu({ campaign: c, except = [] }: { campaign: Campaign; except?: Act[] }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const act = useCampaignActions();
  const acts = actsOf(c, may).filter((a) => !except.includes(a));
  if (!acts.length) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("campaigns.actionsOf", { name: c.name })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map((a) => {
          const Icon = signs[a];
          return (
            <Menu.Item
              key={a}
              color={harmful.includes(a) ? "red" : undefined}
              leftSection={<Icon size={16} aria-hidden />}
              onClick={() => act(c, a)}
            >
              {t(`campaigns.act.${a}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
