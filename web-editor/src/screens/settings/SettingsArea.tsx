import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Navigate } from "react-router";
import { useSession } from "../../app/session";
import { Area } from "../contacts/Area";

function usePlaces() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  return [
    { to: "/settings/account", label: t("settings.place.account"), shown: may("settings:read") },
    { to: "/settings/users", label: t("settings.place.users"), shown: may("users:read") },
    { to: "/settings/tokens", label: t("settings.place.tokens"), shown: may("users:read") },
    {
      to: "/settings/numbering",
      label: t("settings.place.numbering"),
      shown: may("settings:write") && may("contacts:read"),
    },
    { to: "/settings/audit", label: t("settings.place.audit"), shown: may("audit:read") },
    { to: "/settings/me", label: t("settings.place.me"), shown: me.user !== undefined },
  ];
}

/** The screens of settings, those that the role may see. */
export function SettingsArea({ action, children }: { action?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Area title={t("app.menu.settings")} places={usePlaces()} action={action}>
      {children}
    </Area>
  );
}

/** Leads to the first of them. */
export function Settings() {
  const first = usePlaces().find((p) => p.shown);
  return <Navigate to={first?.to ?? "/"} replace />;
}
