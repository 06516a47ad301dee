import { Button, Menu, useMantineColorScheme } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCheck, IconChevronDown, IconListCheck, IconLogout, IconUser } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { tell } from "../parts/tell";
import { useWish } from "../start/state";
import { signOut, useSession, useSwitchAccount } from "./session";
import { languages, speak } from "./words";

/** Who has signed in, and what that one may choose for all screens. */
export function UserMenu() {
  const { t, i18n } = useTranslation();
  const { me, may } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const switchAccount = useSwitchAccount();
  const go = useNavigate();
  const [, setSteps] = useWish(me.account.id);
  const steps = () => {
    setSteps("yes");
    go("/cascades");
  };
  const tick = (on: boolean) => (on ? <IconCheck size={16} aria-hidden /> : <span style={{ width: 16 }} />);
  const chosen = (on: boolean) => ({ role: "menuitemradio", "aria-checked": on, leftSection: tick(on) });
  return (
    <Menu position="bottom-end" width={260} withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          px="xs"
          maw={{ base: 150, xs: 260 }}
          leftSection={<IconUser size={18} aria-hidden />}
          rightSection={<IconChevronDown size={16} aria-hidden />}
        >
          <span style={{ overflow: "hidden", textOverflow: "ellipsis" }}>
            {me.user?.name || me.user?.email || me.account.name}
          </span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("app.account.label")}</Menu.Label>
        {me.accounts.map((a) => (
          <Menu.Item
            key={a.id}
            {...chosen(a.id === me.account.id)}
            onClick={() => a.id !== me.account.id && switchAccount(a.id).catch(tell)}
          >
            {a.name}
          </Menu.Item>
        ))}
        <Menu.Label>{t("app.language")}</Menu.Label>
        {languages.map((l) => (
          <Menu.Item
            key={l}
            lang={l}
            {...chosen(i18n.language === l)}
            onClick={() => speak(l).then(() => notifications.clean())}
          >
            {t(`app.languages.${l}`)}
          </Menu.Item>
        ))}
        <Menu.Label>{t("app.look.label")}</Menu.Label>
        {(["light", "dark", "auto"] as const).map((look) => (
          <Menu.Item key={look} {...chosen(colorScheme === look)} onClick={() => setColorScheme(look)}>
            {t(`app.look.${look}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {may("campaigns:launch") && (
          <Menu.Item leftSection={<IconListCheck size={16} aria-hidden />} onClick={steps}>
            {t("start.menu")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signOut().catch(tell)}>
          {t("app.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
