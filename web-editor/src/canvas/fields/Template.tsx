import { Button, Group, Menu, Popover, Text, Textarea, TextInput } from "@mantine/core";
import { IconBraces, IconLink, IconMoodSmile } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { smsSize } from "../logic/sms";
import type { Field } from "../types";
import { useForm } from "./model";
import { useVariables } from "./variables";

const faces = [..."😀😉😊😍🤗🤔👋👍🙏💪🎉🎁🔥⭐✨💥❤️💯✅❗❓⏰📅📦🚚🛒💳💰🏷️📞📱✉️🔔🌸☀️❄️🎄🏠✈️⚽"].filter(
  (c) => c !== "\uFE0F",
);

interface Props {
  label?: string;
  required?: boolean;
  readOnly?: boolean;
  error?: string;
  value: string;
  field: Field;
  set: (v: string) => void;
  onChange: (e: { currentTarget: { value: string } }) => void;
}

/** Text with variables: they, a tracked link and emoji are put in where the cursor stands. */
export function Template({ field, set, ...shared }: Props) {
  const { t } = useTranslation();
  const { type } = useForm();
  const variables = useVariables();
  const area = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const put = (piece: string) => {
    const el = area.current;
    const [from, to] = [el?.selectionStart ?? shared.value.length, el?.selectionEnd ?? shared.value.length];
    set(shared.value.slice(0, from) + piece + shared.value.slice(to));
    requestAnimationFrame(() => {
      el?.focus();
      el?.setSelectionRange(from + piece.length, from + piece.length);
    });
  };
  const message = field.name === "text" && field.multiline;
  return (
    <div>
      {field.multiline ? (
        <Textarea ref={area} {...shared} autosize minRows={3} maxRows={14} />
      ) : (
        <TextInput ref={area} {...shared} />
      )}
      {!shared.readOnly && (
        <Group gap={4} mt={4}>
          <Menu position="bottom-start" withinPortal>
            <Menu.Target>
              <Button size="compact-xs" variant="default" leftSection={<IconBraces size={14} aria-hidden />}>
                {t("canvas.template.variable")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
              {variables.map((v) => (
                <Menu.Item key={v.name} onClick={() => put(`{{ ${v.name} }}`)}>
                  {v.title}
                  <Text size="xs" c="dimmed" ff="monospace">
                    {v.name}
                  </Text>
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          {message && (
            <>
              <Button
                size="compact-xs"
                variant="default"
                leftSection={<IconLink size={14} aria-hidden />}
                onClick={() => put('{{ link("https://") }}')}
              >
                {t("canvas.template.link")}
              </Button>
              <Faces put={put} />
            </>
          )}
        </Group>
      )}
      {message && <Counter text={shared.value} sms={type === "sms"} />}
    </div>
  );
}

function Faces({ put }: { put: (face: string) => void }) {
  const { t } = useTranslation();
  return (
    <Popover position="bottom-start" withinPortal trapFocus>
      <Popover.Target>
        <Button size="compact-xs" variant="default" leftSection={<IconMoodSmile size={14} aria-hidden />}>
          {t("canvas.template.emoji")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <Group gap={2} maw={260}>
          {faces.map((f) => (
            <Button key={f} size="compact-md" variant="subtle" color="gray" px={6} onClick={() => put(f)}>
              {f}
            </Button>
          ))}
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}

function Counter({ text, sms }: { text: string; sms: boolean }) {
  const { t } = useTranslation();
  // What a variable becomes is not known here: it is counted as nothing, and the count says so.
  const open = /{{.*?}}/s.test(text);
  const bare = text.replace(/{{.*?}}/gs, "");
  const size = smsSize(bare);
  const about = open ? t("canvas.template.about") : "";
  return (
    <Text size="xs" c="dimmed" mt={2} aria-live="polite">
      {t("canvas.template.signs", { count: [...bare].length })}
      {sms && ` · ${t("canvas.template.parts", { count: size.parts, alphabet: size.alphabet, left: size.left })}`}
      {about && ` · ${about}`}
    </Text>
  );
}
