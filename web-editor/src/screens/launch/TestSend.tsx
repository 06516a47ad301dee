import { Alert, Anchor, Button, Group, Modal, Stack, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, once, take } from "../../api/client";
import { wordsOf } from "../../parts/tell";

interface Props {
  id: string;
  opened: boolean;
  close: () => void;
}

const keptAs = "kaskad.testPhones";
const before = (): string[] => {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(keptAs) ?? "[]");
    return Array.isArray(v) ? v.map(String).slice(0, 10) : [];
  } catch {
    return [];
  }
};

/** Sends the messages to a few numbers at once. */
export function TestSend({ id, opened, close }: Props) {
  const { t } = useTranslation();
  const [phones, setPhones] = useState(before);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState("");
  const send = async () => {
    setBusy(true);
    setWrong("");
    setMade("");
    try {
      const test = await take(
        api.POST("/api/v1/campaigns/{campaign}/test", {
          params: { path: { campaign: id }, header: once() },
          body: { phones },
        }),
      );
      localStorage.setItem(keptAs, JSON.stringify(phones));
      setMade(test.id);
    } catch (error) {
      setWrong(wordsOf(error));
    }
    setBusy(false);
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("launch.test.title")}
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      <Stack>
        <Text size="sm">{t("launch.test.text")}</Text>
        <TagsInput
          // It has nothing to offer: Esc is for the dialog.
          dropdownOpened={false}
          label={t("launch.test.phones")}
          description={t("canvas.field.tags")}
          placeholder={phones.length ? undefined : "+79001234567"}
          value={phones}
          onChange={setPhones}
          maxTags={10}
          acceptValueOnBlur
          error={wrong || undefined}
          data-autofocus
        />
        {made && (
          <Alert color="green" role="status">
            {t("launch.test.sent", { count: phones.length })}{" "}
            <Anchor component={Link} to={`/campaigns/${made}`} size="sm">
              {t("launch.test.look")}
            </Anchor>
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("parts.close")}
          </Button>
          <Button loading={busy} disabled={!phones.length} onClick={send}>
            {t("launch.test.go")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
