import { Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { told } from "../../parts/tell";
import { number } from "../campaigns/format";
import { Form } from "../contacts/Form";
import { stopsKey, useRestore } from "./actions";

/** Takes addresses off the stop list, for a reason that the audit log keeps. */
export function TakeOff({ ids, close, done }: { ids: string[]; close: () => void; done: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const restore = useRestore();
  const [reason, setReason] = useState("");
  const off = async () => {
    const gone = await take(api.POST("/api/v1/stops/remove", { body: { ids, reason } }));
    done();
    await queries.invalidateQueries({ queryKey: stopsKey });
    told(t("stops.off.done", { n: number(gone.ids.length) }), () => restore(gone.ids));
  };
  return (
    <Form
      submit={off}
      close={close}
      label={t("stops.off.open")}
      color="red"
      fields={["reason"]}
      disabled={!reason.trim()}
    >
      {(errors) => (
        <>
          <Text size="sm">{t("stops.off.text")}</Text>
          <TextInput
            label={t("stops.off.reason")}
            value={reason}
            maxLength={500}
            onChange={(e) => setReason(e.currentTarget.value)}
            error={errors.reason}
            data-autofocus
          />
        </>
      )}
    </Form>
  );
}
