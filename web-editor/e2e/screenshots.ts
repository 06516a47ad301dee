// Pictures of every screen, in both languages, at both widths, the main ones in the dark too: `make screenshots`, which needs
// the program built. SCREENS=campaigns,launch draws only those; LANGS=ru and WIDTHS=390 narrow it further. It fails where a page
// has an error in its console, asks another host, is wider than its window, or keeps somebody out.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { barriers, overflow, startBrowser, widths } from "./browser";
import { firstSignIn, watch } from "./office";
import { startProgram } from "./program";
import { furnish, type Screen, screens } from "./screens";
import { call } from "./send";
import { languages } from "./sweep";

const folder = resolve(import.meta.dirname, "../screenshots");
const only = (name: string) => process.env[name]?.split(",").filter(Boolean);
const wanted = only("SCREENS");

interface Look {
  lang: string;
  width: number;
  dark: boolean;
}

const looks: Look[] = languages
  .filter((lang) => only("LANGS")?.includes(lang) ?? true)
  .flatMap((lang) =>
    widths
      .filter((width) => only("WIDTHS")?.includes(String(width)) ?? true)
      .flatMap((width) => [false, true].map((dark) => ({ lang, width, dark }))),
  );

/** Draws a screen and gives what is wrong with it. */
async function draw(page: Page, url: string, s: Screen, look: Look): Promise<string[]> {
  const wrong: string[] = [];
  try {
    await page.goto(s.plain ? `${url}${s.path}?lang=${look.lang}` : `${url}/app${s.path}`);
    await page.locator(s.ready).first().waitFor({ timeout: 20_000 });
    await s.prepare?.(page);
    await page.waitForLoadState("networkidle");
  } catch (error) {
    wrong.push(`it does not come: ${String(error).split("\n")[0]}`);
  }
  const name = `${s.name}-${look.lang}-${look.width}${look.dark ? "-dark" : ""}.png`;
  await page.screenshot({ path: resolve(folder, name), fullPage: !s.window });
  const wider = await overflow(page);
  if (wider > 0) wrong.push(`wider than its window by ${wider}`);
  return [...wrong, ...(await barriers(page))];
}

/** All screens in one look, with one sign-in. */
async function drawAll(browser: Browser, signedIn: State, url: string, all: Screen[], look: Look): Promise<string[]> {
  const found: string[] = [];
  for (const stranger of [true, false]) {
    const chosen = all.filter((s) => Boolean(s.stranger) === stranger && (!look.dark || s.main));
    if (!chosen.length) continue;
    const context = await browser.newContext({
      viewport: { width: look.width, height: 844 },
      locale: look.lang === "ru" ? "ru-RU" : "en-GB",
      colorScheme: look.dark ? "dark" : "light",
      reducedMotion: "reduce",
      storageState: stranger ? undefined : signedIn,
    });
    // A new page is blank at first, and keeps nothing.
    await context.addInitScript((lang) => {
      if (location.protocol !== "about:") localStorage.setItem("kaskad.language", lang);
    }, look.lang);
    const errors = watch(context, { url, said: () => "", stop: async () => {} });
    const page = await context.newPage();
    for (const s of chosen) {
      const wrong = await draw(page, url, s, look);
      const where = `${s.name} (${look.lang}, ${look.width}${look.dark ? ", dark" : ""})`;
      const here = [...errors.splice(0), ...wrong].map((w) => `${where}: ${w}`);
      process.stdout.write(`${here.join("\n") || where}\n`);
      found.push(...here);
    }
    await context.close();
  }
  return found;
}

type State = Awaited<ReturnType<BrowserContext["storageState"]>>;

test("every screen is drawn, and is whole", async () => {
  await mkdir(folder, { recursive: true });
  const program = await startProgram("--demo");
  const browser = await startBrowser();
  try {
    const first = await browser.newContext();
    await firstSignIn(await first.newPage(), program);
    const signedIn = await first.storageState();
    const things = await furnish(first, program);
    const people = `/campaigns/${things.campaign}/recipients?limit=1&state=goal`;
    await expect.poll(async () => (await call(first, program, people)).items.length, { timeout: 60_000 }).toBe(1);
    const { recipient } = (await call(first, program, people)).items[0];
    await first.close();
    const all = screens(things, recipient).filter((s) => !wanted || wanted.includes(s.name));
    const found: string[] = [];
    for (const look of looks) found.push(...(await drawAll(browser, signedIn, program.url, all, look)));
    expect(found).toEqual([]);
  } finally {
    await browser.close();
    await program.stop();
  }
}, 1_800_000);
