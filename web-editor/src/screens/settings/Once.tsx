import { Alert, Button, CopyButton, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../app/session";
import { when } from "../../parts/dates";

interface Props {
  label: string;
  text: string;
  secret: string;
  until?: string;
  close: () => void;
}

/** A secret, shown this once: to be copied and handed over. */
export function Once({ label, text, secret, until, close }: Props) {
  const { t } = useTranslation();
  const zone = useSession().me.user?.zone;
  return (
    <Stack>
      <Alert color="yellow">{text}</Alert>
      <TextInput
        label={label}
        value={secret}
        readOnly
        onFocus={(e) => e.currentTarget.select()}
        data-secret
        data-autofocus
      />
      {until && (
        <Text size="sm" c="dimmed">
          {t("settings.once.until", { when: when(until, zone) })}
        </Text>
      )}
      <Group justify="flex-end">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              onClick={copy}
              leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            >
              {t(copied ? "parts.copied" : "parts.copy")}
            </Button>
          )}
        </CopyButton>
        <Button onClick={close}>{t("settings.once.done")}</Button>
      </Group>
    </Stack>
  );
}
