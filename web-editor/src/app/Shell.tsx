import { Alert, AppShell, Box, Burger, Container, Group, NavLink, Text } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { IconPlugConnectedX, IconSend, IconSettings, IconSitemap, IconUsers } from "@tabler/icons-react";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, NavLink as RouterLink, useMatch } from "react-router";
import { LeaveGuard } from "../parts/Leave";
import { Broken } from "./Broken";
import { useFocusKept } from "./focus";
import { useOnline } from "./online";
import { useSession } from "./session";
import { UserMenu } from "./UserMenu";
import { Waiting } from "./Waiting";

/** The frame of all screens: the head, the menu, and the notice that the connection is lost. */
export function Shell() {
  const { t } = useTranslation();
  const [open, menu] = useDisclosure();
  const narrow = useMediaQuery("(max-width: 48em)");
  const online = useOnline();
  useFocusKept();
  // A drawing takes the whole width.
  const [drawing, history] = [useMatch("/cascades/:scheme"), useMatch("/cascades/:scheme/versions")];
  const wide = drawing !== null || history !== null;
  return (
    <LeaveGuard>
      <a className="skip" href="#content">
        {t("app.skip")}
      </a>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !open, desktop: wide && !open } }}
        padding={wide ? 0 : { base: "sm", sm: "lg" }}
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              {(narrow || wide) && (
                <Burger
                  opened={open}
                  onClick={menu.toggle}
                  size="sm"
                  aria-label={t(open ? "app.menu.close" : "app.menu.open")}
                  aria-expanded={open}
                />
              )}
              <img src="/assets/icon.svg" alt="" width={26} height={26} />
              <Text fw={650}>{t("app.name")}</Text>
            </Group>
            <UserMenu />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" aria-label={t("app.menu.main")}>
          <Menu close={menu.close} />
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
          {!online && (
            <Alert
              color="yellow"
              icon={<IconPlugConnectedX />}
              role="status"
              mb={wide ? 0 : "md"}
              radius={wide ? 0 : "md"}
              py="xs"
            >
              {t("app.offline")}
            </Alert>
          )}
          <Broken>
            <Suspense fallback={<Waiting />}>
              {wide ? (
                <Box>
                  <Outlet />
                </Box>
              ) : (
                <Container size="lg" px={0}>
                  <Outlet />
                </Container>
              )}
            </Suspense>
          </Broken>
        </AppShell.Main>
      </AppShell>
    </LeaveGuard>
  );
}

function Menu({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const items = [
    { to: "/cascades", label: t("app.menu.cascades"), icon: IconSitemap, shown: may("schemes:read") },
    { to: "/campaigns", label: t("app.menu.campaigns"), icon: IconSend, shown: may("campaigns:read") },
    { to: "/contacts", label: t("app.menu.contacts"), icon: IconUsers, shown: may("contacts:read") },
    { to: "/settings", label: t("app.menu.settings"), icon: IconSettings, shown: true },
  ];
  return items
    .filter((i) => i.shown)
    .map((i) => (
      <NavLink
        key={i.to}
        component={RouterLink}
        to={i.to}
        label={i.label}
        leftSection={<i.icon size={18} aria-hidden />}
        onClick={close}
      />
    ));
}
