import { Checkbox, List, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, take } from "../../api/client";
import { told } from "../../parts/tell";
import { useContactActions } from "./actions";
import { Form } from "./Form";

/** Erases a person for good, after naming what goes. */
export function Erase({ contact, close }: { contact: string; close: () => void }) {
  const { t } = useTranslation();
  const { fresh } = useContactActions();
  const go = useNavigate();
  const [sure, setSure] = useState(false);
  const erase = async () => {
    const gone = await take(
      api.POST("/api/v1/contacts/{contact}/erase", { params: { path: { contact } }, body: { confirm: true } }),
    );
    go("/contacts");
    await fresh([contact]);
    told(
      t("contacts.erase.done", {
        messages: gone.messages,
        consents: gone.consents,
        replies: gone.replies,
        stops: gone.stops,
      }),
    );
  };
  return (
    <Form submit={erase} close={close} label={t("contacts.erase.go")} color="red" disabled={!sure}>
      {() => (
        <>
          <Text size="sm">{t("contacts.erase.text")}</Text>
          <List size="sm">
            <List.Item>{t("contacts.erase.card")}</List.Item>
            <List.Item>{t("contacts.erase.messages")}</List.Item>
            <List.Item>{t("contacts.erase.consents")}</List.Item>
          </List>
          <Text size="sm">{t("contacts.erase.stays")}</Text>
          <Checkbox
            label={t("contacts.erase.sure")}
            checked={sure}
            onChange={(e) => setSure(e.currentTarget.checked)}
          />
        </>
      )}
    </Form>
  );
}
