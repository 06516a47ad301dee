import { Alert, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { told } from "../../parts/tell";
import { useContactActions } from "./actions";
import { Form } from "./Form";
import { type Contact, titleOf } from "./model";

interface Props {
  contacts: readonly Contact[];
  close: () => void;
  done?: () => void;
}

/** Makes one contact of several: asks which one stays, and whose values win. */
export function Merge({ contacts, close, done }: Props) {
  const { t } = useTranslation();
  const { fresh } = useContactActions();
  const [keep, setKeep] = useState(contacts[0]?.id ?? "");
  const [rule, setRule] = useState<"keep" | "newest">("keep");
  const merge = async () => {
    const drop = contacts.filter((c) => c.id !== keep).map((c) => c.id);
    const one = await take(api.POST("/api/v1/contacts/merge", { body: { keep, drop, rule } }));
    done?.();
    await fresh(drop);
    told(t("contacts.merge.done", { name: titleOf(one) }));
  };
  return (
    <Form submit={merge} close={close} label={t("contacts.merge.go")} color="red">
      {() => (
        <>
          <Radio.Group value={keep} onChange={setKeep} label={t("contacts.merge.keep")}>
            <Stack gap="xs" mt="xs">
              {contacts.map((c) => (
                <Radio
                  key={c.id}
                  value={c.id}
                  label={titleOf(c)}
                  description={[c.phone, c.email, ...Object.values(c.addresses)].filter(Boolean).join(" · ")}
                />
              ))}
            </Stack>
          </Radio.Group>
          <Radio.Group
            value={rule}
            onChange={(v) => setRule(v === "newest" ? "newest" : "keep")}
            label={t("contacts.merge.rule")}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label={t("contacts.merge.ruleKeep")} />
              <Radio value="newest" label={t("contacts.merge.ruleNewest")} />
            </Stack>
          </Radio.Group>
          <Alert color="yellow">
            <Text size="sm">{t("contacts.merge.text", { n: contacts.length - 1 })}</Text>
          </Alert>
        </>
      )}
    </Form>
  );
}
