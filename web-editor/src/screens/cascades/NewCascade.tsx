import { Alert, Button, Divider, FileButton, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCreate } from "./create";
import { Templates } from "./Templates";

export function NewCascade({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation();
  const create = useCreate();
  const [name, setName] = useState("");
  const blank = (e: FormEvent) => {
    e.preventDefault();
    create.blank(name.trim());
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("cascades.new.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("parts.close") }}
    >
      <Stack>
        {create.wrong && (
          <Alert color="red" role="alert" withCloseButton closeButtonLabel={t("parts.close")} onClose={create.clear}>
            {create.wrong}
          </Alert>
        )}
        <form onSubmit={blank}>
          <Group align="end">
            <TextInput
              label={t("cascades.new.name")}
              value={name}
              onChange={(e) => setName(e.currentTarget.value)}
              maxLength={200}
              required
              data-autofocus
              style={{ flex: 1 }}
            />
            <Button type="submit" loading={create.busy === "blank"} disabled={!name.trim()}>
              {t("cascades.new.blank")}
            </Button>
          </Group>
        </form>
        <Divider label={t("cascades.new.templates")} />
        <Templates />
        <Divider label={t("cascades.new.file")} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {t("cascades.new.fileHint")}
          </Text>
          <FileButton
            accept="application/json,.json"
            onChange={(f) => f && create.file(f)}
            inputProps={{ "aria-label": t("cascades.new.file") }}
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                leftSection={<IconUpload size={16} aria-hidden />}
                loading={create.busy === "file"}
              >
                {t("cascades.new.upload")}
              </Button>
            )}
          </FileButton>
        </Group>
      </Stack>
    </Modal>
  );
}
