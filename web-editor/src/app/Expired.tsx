import { Alert, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { OfflineError, ProblemError } from "../api/problem";
import { type Me, signInAddress } from "./session";

/** Lets somebody whose session has ended sign in again over what is open, so that nothing typed is lost. */
export function Expired({ me, done }: { me: Me; done: () => void }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const email = me.user?.email ?? "";
  const enter = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setWrong("");
    try {
      await api.POST("/api/v1/session", { body: { email, password } });
      await api.PUT("/api/v1/session/account", { body: { account: me.account.id } });
      await queries.invalidateQueries();
      window.dispatchEvent(new Event("online"));
      done();
    } catch (error) {
      setWrong(
        error instanceof OfflineError
          ? t("app.offline")
          : error instanceof ProblemError
            ? error.message
            : t("app.broken"),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      title={t("app.signIn.title")}
      closeOnEscape={false}
      closeOnClickOutside={false}
      zIndex={500}
    >
      <form onSubmit={enter}>
        <Stack>
          <Text size="sm">{t("app.expired")}</Text>
          {wrong && (
            <Alert color="red" role="alert">
              {wrong}
            </Alert>
          )}
          <TextInput label={t("app.signIn.email")} value={email} readOnly autoComplete="username" />
          <PasswordInput
            label={t("app.signIn.password")}
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
            autoComplete="current-password"
            data-autofocus
            required
          />
          <Group justify="space-between">
            <Button component="a" variant="subtle" href={signInAddress(location, i18n.language)}>
              {t("app.signIn.other")}
            </Button>
            <Button type="submit" loading={busy}>
              {t("app.signIn.go")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
