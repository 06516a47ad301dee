import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { TestContext } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** What was to be seen where a test has failed. */
    seen?: string;
  }
}

export function startBrowser(...flags: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...flags,
    ],
  });
}

/** The widths at which every screen has to be whole. */
export const widths = [1440, 390] as const;

/** What is wrong with the page for those who cannot see or use a mouse, by WCAG 2.1 AA. */
export async function barriers(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze();
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Lets what a failed test's pages show be told with its error. */
export async function tell({ task }: Pick<TestContext, "task">, context: BrowserContext): Promise<void> {
  if (task.result?.state !== "fail") return;
  const pages = context.pages().map(async (page) => {
    // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not to be seen
    const text = await page.locator("body").innerText({ timeout: 5_000 }).catch(String);
    return `${page.url()}\n${text.slice(0, 2000)}`;
  });
  task.meta.seen = (await Promise.all(pages)).join("\n");
}
