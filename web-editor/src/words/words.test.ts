import { expect, test } from "vitest";

const all = import.meta.glob<Record<string, unknown>>("./*/*.json", { import: "default", eager: true });

function keys(node: unknown, at: string, out: Map<string, string>) {
  if (typeof node === "string") out.set(at, node);
  else for (const [k, v] of Object.entries(node as object)) keys(v, at ? `${at}.${k}` : k, out);
  return out;
}

// A plural has other forms in Russian than in English.
const plain = (key: string) => key.replace(/_(zero|one|few|many|other)$/, "");
const holes = (text: string) => [...text.matchAll(/{{\s*(\w+)/g)].map((m) => m[1]).sort();

function language(name: string) {
  const out = new Map<string, string>();
  for (const [path, area] of Object.entries(all)) {
    const [, lang, file] = /\.\/(\w+)\/([\w-]+)\.json/.exec(path) ?? [];
    if (lang === name) keys(area, file ?? "", out);
  }
  return out;
}

test("both languages have the same texts, with the same holes", () => {
  const [ru, en] = [language("ru"), language("en")];
  expect(ru.size).toBeGreaterThan(0);
  expect([...new Set([...ru.keys()].map(plain))].sort()).toEqual([...new Set([...en.keys()].map(plain))].sort());
  for (const [key, text] of ru) {
    const other = en.get(key) ?? en.get(`${plain(key)}_other`) ?? "";
    expect({ key, holes: holes(text) }).toEqual({ key, holes: holes(other) });
  }
});

test("plurals have all the forms that their language needs", () => {
  for (const [name, forms] of [
    ["ru", ["one", "few", "many"]],
    ["en", ["one", "other"]],
  ] as const) {
    const texts = language(name);
    const plurals = new Set([...texts.keys()].filter((k) => plain(k) !== k).map(plain));
    for (const key of plurals) for (const form of forms) expect([...texts.keys()]).toContain(`${key}_${form}`);
  }
});
