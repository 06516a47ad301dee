import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import en from "../../words/en/settings.json";
import ru from "../../words/ru/settings.json";
import { auditObjects } from "./model";

const engine = resolve(import.meta.dirname, "../../../../engine");

/** The program's own text below a folder, without its tests. */
const source = (folder: string): string =>
  readdirSync(join(engine, folder), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".go") && !f.endsWith("_test.go"))
    .map((f) => readFileSync(join(engine, folder, f), "utf8"))
    .join("\n");

/** What the program can write into the audit log. */
function written(): string[] {
  const store = source("store");
  const rules = source("campaign");
  // Where the words stand in the call, where they are chosen before it, and what a rule of a campaign's states names.
  const called = [...store.matchAll(/[aA]udit\w*\([^"\n]*"([a-z_]+\.[a-z_]+)"/g)];
  const chosen = [...store.matchAll(/\bwhat\b[^"\n]*=\s*"([a-z_]+\.[a-z_]+)"/g)];
  const passed = [...store.matchAll(/\.chang\w+\((?:[^"\n]|"")*"([a-z_]+\.[a-z_]+)"/g)];
  const named = [...store.matchAll(/"((?:account|campaign)\.[a-z_]+)"/g)];
  const ruled = [...rules.matchAll(/what:\s*"([a-z_]+\.[a-z_]+)"/g)];
  const all = [...called, ...chosen, ...passed, ...named, ...ruled].map((m) => m[1] ?? "");
  const causes = [...source("library").matchAll(/\bCause = "(\w+)"/g)].map((m) => `scheme.${m[1]}`);
  return [...new Set([...all, ...causes])].sort();
}

const told = (what: object): string[] =>
  Object.entries(what)
    .flatMap(([object, acts]) => Object.keys(acts).map((act) => `${object}.${act}`))
    .sort();

test("all that the program writes into the audit log has words, and no words are left over", () => {
  expect(told(ru.audit.what)).toEqual(written());
  expect(told(en.audit.what)).toEqual(written());
});

test("the log can be searched for all that it is about", () => {
  expect([...auditObjects].sort()).toEqual(Object.keys(ru.audit.what).sort());
  expect(Object.keys(ru.audit.object).sort()).toEqual([...auditObjects].sort());
});
