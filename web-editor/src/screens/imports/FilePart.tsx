import { Group, Select, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Section } from "../launch/parts";
import type { Import, ImportChange } from "./model";
import type { Draft } from "./useDraft";

const encodings = ["utf-8", "windows-1251", "utf-16le", "utf-16be", "koi8-r", "ibm866"] as const;
const separators = { ";": "semicolon", ",": "comma", "\t": "tab", "|": "bar" } as const;

/** How the file is read: found out, and to be set where that was wrong. */
export function FilePart({ import: i, draft }: { import: Import; draft: Draft }) {
  const { t } = useTranslation();
  const { settings: s, put, errors } = draft;
  const signs = Object.entries(separators).map(([value, name]) => ({ value, label: t(`imports.separator.${name}`) }));
  if (s.separator && !(s.separator in separators)) signs.push({ value: s.separator, label: s.separator });
  return (
    <Section title={t("imports.file.title")}>
      <Group align="end">
        {i.format === "csv" ? (
          <>
            <Select
              label={t("imports.file.encoding")}
              data={encodings.map((value) => ({ value, label: value.toUpperCase() }))}
              value={s.encoding || null}
              allowDeselect={false}
              onChange={(v) => v && put({ encoding: v as ImportChange["encoding"] })}
              error={errors.encoding}
              w={200}
            />
            <Select
              label={t("imports.file.separator")}
              data={signs}
              value={s.separator || null}
              allowDeselect={false}
              onChange={(v) => v && put({ separator: v })}
              error={errors.separator}
              w={200}
            />
          </>
        ) : (
          <Select
            label={t("imports.file.sheet")}
            data={i.sheets}
            value={s.sheet || i.sheets[0] || null}
            allowDeselect={false}
            onChange={(v) => v && put({ sheet: v })}
            error={errors.sheet}
            w={260}
          />
        )}
        <Switch
          label={t("imports.file.header")}
          checked={s.header}
          onChange={(e) => put({ header: e.currentTarget.checked })}
          pb={8}
        />
      </Group>
    </Section>
  );
}
