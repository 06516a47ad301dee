import { Button, Group, NumberInput, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { useSession } from "../../app/session";
import { zones } from "../../canvas/fields/Simple";
import { tell, told } from "../../parts/tell";
import { useUnsaved } from "../../parts/unsaved";
import { DayInput } from "../../parts/WallInput";
import { Section } from "../launch/parts";
import { FieldError } from "./Add";
import { type Attribute, addressed, type Contact, changesOf, contactsKey, type Typed, typedOf, typeOf } from "./model";
import { useAttributes } from "./queries";

function useCard(contact: Contact) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const declared = useAttributes().data?.items ?? [];
  const [typed, setTyped] = useState<Typed>(() => typedOf(contact));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const kind = (key: string) => typeOf(key, declared, contact.attributes[key]);
  const change = changesOf(typedOf(contact), typed, kind);
  useUnsaved(change !== null && !busy);
  const save = async (e: FormEvent) => {
    e.preventDefault();
    if (!change) return;
    setBusy(true);
    setErrors({});
    try {
      const now = await take(
        api.PATCH("/api/v1/contacts/{contact}", { params: { path: { contact: contact.id } }, body: change }),
      );
      queries.setQueryData([...contactsKey, "one", contact.id], now);
      setTyped(typedOf(now));
      queries.invalidateQueries({ queryKey: [...contactsKey, "list"] });
      told(t("parts.saved"));
    } catch (error) {
      if (error instanceof ProblemError && Object.keys(error.fields).length) setErrors(error.fields);
      else tell(error);
    } finally {
      setBusy(false);
    }
  };
  const set = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const reset = () => {
    setTyped(typedOf(contact));
    setErrors({});
  };
  return { typed, set, errors, busy, save, reset, dirty: change !== null, declared, kind };
}

/** What of a contact can be changed. */
export function EditCard({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const card = useCard(contact);
  const { typed, set, errors } = card;
  const readOnly = !may("contacts:write");
  const plain = (k: "name" | "phone" | "email", max: number) => (
    <TextInput
      label={t(`contacts.field.${k}`)}
      type={k === "phone" ? "tel" : "text"}
      value={typed[k]}
      maxLength={max}
      readOnly={readOnly}
      onChange={(e) => set({ [k]: e.currentTarget.value })}
      error={errors[k] && <FieldError message={errors[k]} />}
    />
  );
  return (
    <form onSubmit={card.save} noValidate>
      <Section title={t("contacts.card.fields")}>
        {plain("name", 200)}
        {plain("phone", 64)}
        {plain("email", 254)}
        {addressed.map((k) => (
          <TextInput
            key={k}
            label={t(`contacts.channel.${k}`)}
            value={typed.addresses[k] ?? ""}
            maxLength={200}
            readOnly={readOnly}
            onChange={(e) => set({ addresses: { ...typed.addresses, [k]: e.currentTarget.value } })}
            error={errors[`addresses.${k}`]}
          />
        ))}
        <Select
          label={t("contacts.field.ownZone")}
          description={t("contacts.field.ownZoneHint")}
          placeholder={contact.local_zone}
          data={typed.zone && !zones().includes(typed.zone) ? [typed.zone, ...zones()] : zones()}
          value={typed.zone || null}
          onChange={(v) => set({ zone: v ?? "" })}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("contacts.clear") }}
          limit={50}
          readOnly={readOnly}
          error={errors.zone}
        />
        <TagsInput
          label={t("contacts.field.tags")}
          value={typed.tags}
          onChange={(tags) => set({ tags })}
          maxTags={100}
          acceptValueOnBlur
          readOnly={readOnly}
          error={Object.entries(errors).find(([k]) => k.startsWith("tags"))?.[1]}
        />
        <Attributes card={card} readOnly={readOnly} />
        {!readOnly && (
          <Group justify="flex-end">
            <Button variant="default" onClick={card.reset} disabled={!card.dirty}>
              {t("contacts.card.reset")}
            </Button>
            <Button type="submit" loading={card.busy} disabled={!card.dirty}>
              {t("parts.save")}
            </Button>
          </Group>
        )}
      </Section>
    </form>
  );
}

function Attributes({ card, readOnly }: { card: ReturnType<typeof useCard>; readOnly: boolean }) {
  const { t } = useTranslation();
  const { typed, set, errors, declared, kind } = card;
  const keys = [...new Set([...declared.map((a) => a.key), ...Object.keys(typed.attributes)])];
  if (!keys.length) return null;
  return (
    <Stack gap="sm" role="group" aria-label={t("contacts.place.attributes")}>
      <Text size="sm" fw={600} mt="xs">
        {t("contacts.place.attributes")}
      </Text>
      {keys.map((key) => (
        <One
          key={key}
          name={key}
          attribute={declared.find((a) => a.key === key)}
          type={kind(key)}
          value={typed.attributes[key] ?? ""}
          set={(v) => set({ attributes: { ...typed.attributes, [key]: v } })}
          error={errors[`attributes.${key}`]}
          readOnly={readOnly}
        />
      ))}
    </Stack>
  );
}

interface OneProps {
  name: string;
  attribute: Attribute | undefined;
  type: Attribute["type"];
  value: string;
  set: (v: string) => void;
  error?: string;
  readOnly: boolean;
}

function One({ name, attribute, type, value, set, error, readOnly }: OneProps) {
  const { t } = useTranslation();
  const shared = { label: attribute?.title || name, error, readOnly };
  const clear = { clearable: true, clearButtonProps: { "aria-label": t("contacts.clear") } };
  if (type === "boolean") {
    const data = [
      { value: "true", label: t("contacts.yes") },
      { value: "false", label: t("contacts.no") },
    ];
    return <Select {...shared} {...clear} data={data} value={value || null} onChange={(v) => set(v ?? "")} />;
  }
  if (type === "choice") {
    const choices = attribute?.choices ?? [];
    const data = value && !choices.includes(value) ? [value, ...choices] : choices;
    return (
      <Select {...shared} {...clear} data={data} value={value || null} onChange={(v) => set(v ?? "")} searchable />
    );
  }
  if (type === "number")
    return (
      <NumberInput
        {...shared}
        value={value}
        onChange={(v) => set(String(v))}
        hideControls
        allowedDecimalSeparators={[",", "."]}
      />
    );
  if (type === "date") return <DayInput {...shared} value={value} set={set} />;
  return <TextInput {...shared} value={value} maxLength={10_000} onChange={(e) => set(e.currentTarget.value)} />;
}
