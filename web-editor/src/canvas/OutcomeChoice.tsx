import { Button, Group, NativeSelect, Radio, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Condition } from "./code/Condition";
import { useReplyFinding } from "./findings";
import type { Block, Link } from "./logic/document";
import { family, type Outcome } from "./logic/outcomes";
import { outcomeName, replyCondition, replyWords } from "./logic/words";

type Taken = Pick<Link, "type" | "value">;

interface Props {
  block: Block;
  outcomes: readonly Outcome[];
  /** What the link takes now, where it is changed. */
  now?: Taken;
  take: (o: Taken) => void;
}

/** Asks which outcome a link takes: those only that the block has and that are free. */
export function OutcomeChoice({ block, outcomes, now, take }: Props) {
  const { t } = useTranslation();
  // Errors are one button, whatever number of reasons there is: which reason is asked next.
  const errors = outcomes.filter((o) => o.type === "error");
  const offered = outcomes.filter((o) => o.type !== "error" || o === errors[0]);
  const asks = (o: Outcome) =>
    (o.type === "error" && (errors.length > 1 || o.any === true)) || (o.type === "reply" && o.any === true);
  const [open, setOpen] = useState<Outcome | null>(() => offered.find((o) => asks(o) && o.type === now?.type) ?? null);
  const press = (o: Outcome) => (asks(o) ? setOpen(o) : take({ type: o.type, value: o.value }));
  return (
    <Stack gap="xs">
      <Group gap="xs" role="group" aria-label={t("canvas.choose.outcome")}>
        {offered.map((o, i) => {
          const on = open ? open === o : now?.type === o.type && (now.value ?? "") === (o.value ?? "");
          return (
            <Button
              key={`${o.type} ${o.type === "error" ? "" : (o.value ?? "")}`}
              variant={on ? "light" : "default"}
              aria-pressed={on}
              onClick={() => press(o)}
              data-autofocus={i === 0 || undefined}
              leftSection={
                <span
                  aria-hidden
                  style={{ width: 10, height: 10, borderRadius: 5, background: `var(--link-${family(o.type)})` }}
                />
              }
            >
              {asks(o) ? t(`canvas.kind.${o.type}`) : outcomeName(o, t, block)}
            </Button>
          );
        })}
      </Group>
      {open?.type === "reply" && <Reply block={block} now={now} take={take} />}
      {open?.type === "error" && <Reason now={now} take={take} errors={errors} />}
    </Stack>
  );
}

function Reply({ block, now, take }: Pick<Props, "block" | "now" | "take">) {
  const { t } = useTranslation();
  const value = now?.type === "reply" ? (now.value ?? "") : "";
  const known = replyWords(value);
  const [mode, setMode] = useState(value === "" ? "any" : known ? "words" : "expression");
  const [words, setWords] = useState<string[]>(known ?? []);
  const [expression, setExpression] = useState(value);
  const wrong = useReplyFinding(block, mode === "expression" ? expression.trim() : "");
  const more = useMemo(() => [{ name: "reply", title: t("condition.reply"), kind: "text", choices: [] }], [t]);
  const out = mode === "any" ? "" : mode === "words" ? replyCondition(words) : expression.trim();
  return (
    <Stack gap="sm">
      <Radio.Group value={mode} onChange={setMode} label={t("canvas.reply.which")}>
        <Group mt={4}>
          {["any", "words", "expression"].map((m) => (
            <Radio key={m} value={m} label={t(`canvas.reply.${m}`)} />
          ))}
        </Group>
      </Radio.Group>
      {mode === "words" && (
        <TagsInput
          label={t("canvas.reply.wordsLabel")}
          description={t("canvas.reply.wordsHint")}
          value={words}
          onChange={setWords}
          acceptValueOnBlur
        />
      )}
      {mode === "expression" && (
        <Condition
          label={t("canvas.reply.expression")}
          hint={t("canvas.reply.expressionHint")}
          value={expression}
          set={setExpression}
          error={wrong}
          more={more}
        />
      )}
      <Button
        onClick={() => take({ type: "reply", value: out })}
        disabled={mode !== "any" && !out}
        style={{ alignSelf: "flex-end" }}
      >
        {t("canvas.choose.done")}
      </Button>
    </Stack>
  );
}

/** Asks for the reason of an error: one of those that are free, or where any is taken, whatever is typed. */
function Reason({ now, take, errors }: Pick<Props, "now" | "take"> & { errors: readonly Outcome[] }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState(now?.type === "error" ? (now.value ?? "") : (errors[0]?.value ?? ""));
  const label = t("canvas.error.reason");
  const name = (value: string) =>
    value ? t(`canvas.reason.${value}`, { defaultValue: value }) : t("canvas.error.any");
  return (
    <Group align="end">
      {errors.some((o) => o.any) ? (
        <TextInput
          label={label}
          placeholder={t("canvas.error.any")}
          value={reason}
          maxLength={100}
          onChange={(e) => setReason(e.currentTarget.value)}
          style={{ flex: 1 }}
        />
      ) : (
        <NativeSelect
          label={label}
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value)}
          data={errors.map(({ value = "" }) => ({ value, label: name(value) }))}
          style={{ flex: 1 }}
        />
      )}
      <Button onClick={() => take({ type: "error", value: reason.trim() })}>{t("canvas.choose.done")}</Button>
    </Group>
  );
}
