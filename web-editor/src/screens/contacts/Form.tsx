import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import i18next from "i18next";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../../api/problem";
import { AskToLeave } from "../../parts/Leave";
import { tell, wordsOf } from "../../parts/tell";
import { createUnsaved, UnsavedProvider, useAround, useUnsaved } from "../../parts/unsaved";

interface DialogProps {
  opened: boolean;
  close: () => void;
  title: string;
  size?: string | number;
  children: ReactNode;
}

/** A window over the screen. What it holds begins anew each time it is opened, so it asks before it takes what was typed along. */
export function Dialog({ opened, close, title, size, children }: DialogProps) {
  const { t } = useTranslation();
  const around = useAround();
  const [unsaved] = useState(() => createUnsaved(around));
  const [asking, setAsking] = useState(false);
  return (
    <UnsavedProvider value={unsaved}>
      <Modal
        opened={opened}
        onClose={() => (unsaved.any() ? setAsking(true) : close())}
        closeOnEscape={!asking}
        title={title}
        size={size}
        closeButtonProps={{ "aria-label": t("parts.close") }}
      >
        {children}
      </Modal>
      <AskToLeave
        opened={opened && asking}
        stay={() => setAsking(false)}
        leave={() => {
          setAsking(false);
          close();
        }}
      />
    </UnsavedProvider>
  );
}

interface FormProps {
  /** Does it; a refusal is shown in the form, with nothing lost. */
  submit: () => Promise<unknown>;
  close: () => void;
  label: string;
  color?: string;
  disabled?: boolean;
  /** It is not closed when it is done: what holds it shows the next thing. */
  stays?: boolean;
  /** The fields that show their own errors; what concerns others stands above. */
  fields?: readonly string[];
  children: (errors: Record<string, string>) => ReactNode;
}

export function Form({ submit, close, label, color, disabled, stays, fields = [], children }: FormProps) {
  const { t } = useTranslation();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [touched, setTouched] = useState(false);
  useUnsaved(touched && !busy);
  const errors = error instanceof ProblemError ? error.fields : {};
  const elsewhere = error !== undefined && !Object.keys(errors).some((k) => fields.includes(k));
  const go = async (e: FormEvent) => {
    e.preventDefault();
    // A form in a window that was opened from another form is not that form.
    e.stopPropagation();
    setBusy(true);
    setError(undefined);
    try {
      await submit();
      setTouched(false);
      if (!stays) close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={go}
      noValidate
      onChange={() => setTouched(true)}
      // What is picked of a list changes no field of the page.
      onClickCapture={(e) => (e.target as Element).closest("[role=option]") && setTouched(true)}
    >
      <Stack>
        {elsewhere && (
          <Alert color="red" role="alert">
            {wordsOf(error)}
          </Alert>
        )}
        {children(errors)}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("parts.cancel")}
          </Button>
          <Button type="submit" color={color} loading={busy} disabled={disabled}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface Question {
  title: string;
  text: string;
  confirm: string;
  go: () => Promise<unknown>;
}

/** Asks before something goes. */
export function ask({ title, text, confirm, go }: Question) {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{text}</Text>,
    labels: { confirm, cancel: i18next.t("parts.cancel") },
    confirmProps: { color: "red" },
    closeButtonProps: { "aria-label": i18next.t("parts.close") },
    onConfirm: () => void go().catch(tell),
  });
}
