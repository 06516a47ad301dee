import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Empty } from "../parts/Empty";

export function Missing() {
  const { t } = useTranslation();
  return (
    <Empty
      icon={<IconMapOff size={48} stroke={1.2} aria-hidden />}
      title={t("app.missing")}
      action={
        <Button component={Link} to="/">
          {t("app.home")}
        </Button>
      }
    />
  );
}
