import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, overflow, startBrowser, tell, widths } from "./browser";
import { firstSignIn } from "./office";
import { type Program, startProgram } from "./program";

// The page of running campaigns, as somebody sees it who has just said `make run`.
describe("the status page", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;

  beforeAll(async () => {
    program = await startProgram("--demo");
    browser = await startBrowser();
    const first = await browser.newContext();
    await firstSignIn(await first.newPage(), program);
    signedIn = await first.storageState();
    await first.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ storageState: signedIn });
    page = await context.newPage();
  });
  afterEach(async (test) => {
    await tell(test, context);
    await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
  });

  for (const lang of ["ru", "en"]) {
    for (const width of widths) {
      test(`is whole in ${lang} at ${width} pixels`, async () => {
        await page.setViewportSize({ width, height: 900 });
        const wrong: string[] = [];
        page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
        page.on("pageerror", (e) => wrong.push(e.message));
        await page.goto(`${program.url}/?lang=${lang}`);
        await page.locator("a.campaign").first().click();
        await page.locator("#live table").nth(1).waitFor();
        expect(await page.locator("html").getAttribute("lang")).toBe(lang);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await barriers(page)).toEqual([]);
        expect(wrong).toEqual([]);
      });
    }
  }

  test("figures move by themselves", async () => {
    await page.goto(`${program.url}/?lang=en`);
    const progress = page.locator("#live progress").first();
    const before = Number(await progress.getAttribute("value"));
    await expect
      .poll(async () => Number(await progress.getAttribute("value")), { timeout: 60_000 })
      .toBeGreaterThan(before);
  });

  test("a search that finds nothing says so, and the way back shows all again", async () => {
    await page.goto(`${program.url}/?lang=en`);
    const rows = await page.locator("a.campaign").count();
    await page.getByRole("searchbox").fill("no such campaign");
    await page.keyboard.press("Enter");
    await page.getByText("no such campaign").first().waitFor();
    expect(await page.locator("a.campaign").count()).toBe(0);
    await page.locator("#live a").first().click();
    await page.locator("a.campaign").first().waitFor();
    expect(await page.locator("a.campaign").count()).toBe(rows);
  });
});
