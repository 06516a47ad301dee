import { Box, Button, Group, Title } from "@mantine/core";
import { IconSearchOff } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { useSession } from "../../app/session";
import { Empty } from "../../parts/Empty";
import { useTitle } from "../../parts/title";

export interface Place {
  to: string;
  label: string;
  shown: boolean;
}

interface Props {
  title: string;
  places: Place[];
  action?: ReactNode;
  children: ReactNode;
}

/** A part of the program with several screens: its name, the way to each of them, and one of them. */
export function Area({ title, places, action, children }: Props) {
  const here = useLocation().pathname.replace(/\/$/, "");
  const shown = places.filter((p) => p.shown);
  // The longest address that leads here is the place, so that a screen below another is not both.
  const at = shown
    .filter((p) => here === p.to || here.startsWith(`${p.to}/`))
    .sort((a, b) => b.to.length - a.to.length)[0];
  useTitle(at && at.label !== title ? `${at.label} · ${title}` : title);
  const nav = useRef<HTMLElement>(null);
  const current = at?.to;
  // Where it is narrow, the way here may be beyond the edge.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is what it follows
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView?.({ inline: "center", block: "nearest" });
  }, [current]);
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h2">
          {title}
        </Title>
        {action}
      </Group>
      <Box component="nav" ref={nav} aria-label={title} mb="md" style={{ overflowX: "auto" }}>
        <Group gap={4} wrap="nowrap" p={4} w="max-content">
          {shown.map((p) => (
            <Button
              key={p.to}
              component={Link}
              to={p.to}
              size="xs"
              variant={p === at ? "light" : "subtle"}
              color={p === at ? undefined : "gray"}
              c="var(--mantine-color-text)"
              aria-current={p === at ? "page" : undefined}
            >
              {p.label}
            </Button>
          ))}
        </Group>
      </Box>
      {children}
    </>
  );
}

/** The screens about contacts. */
export function ContactsArea({ action, children }: { action?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const reads = may("contacts:read");
  const places = [
    { to: "/contacts", label: t("contacts.place.contacts"), shown: reads },
    { to: "/contacts/groups", label: t("contacts.place.groups"), shown: reads },
    { to: "/contacts/stops", label: t("contacts.place.stops"), shown: may("stops:read") },
    { to: "/contacts/imports", label: t("contacts.place.imports"), shown: reads || may("stops:read") },
    { to: "/contacts/doubles", label: t("contacts.place.doubles"), shown: reads },
    { to: "/contacts/attributes", label: t("contacts.place.attributes"), shown: reads },
    { to: "/contacts/bin", label: t("contacts.place.bin"), shown: reads },
  ];
  return (
    <Area title={t("app.menu.contacts")} places={places} action={action}>
      {children}
    </Area>
  );
}

/** What a list shows where its search and filters find nothing. */
export function Nothing({ clear }: { clear?: () => void }) {
  const { t } = useTranslation();
  return (
    <Empty
      icon={<IconSearchOff size={48} stroke={1.2} aria-hidden />}
      title={t("contacts.nothing")}
      action={
        clear && (
          <Button variant="default" onClick={clear}>
            {t("contacts.clear")}
          </Button>
        )
      }
    >
      {t("contacts.nothingHint")}
    </Empty>
  );
}
