import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { barriers, overflow, widths } from "./browser";

export const languages = ["ru", "en"] as const;

/** Every language at every width. */
export const looks = languages.flatMap((lang) => widths.map((width) => ({ lang, width })));

/** A page in one language and width; the address is opened afterwards. */
export async function lookAt(page: Page, lang: string, width: number) {
  await page.setViewportSize({ width, height: 844 });
  await page.addInitScript((l) => localStorage.setItem("kaskad.language", l), lang);
}

/** A screen is whole: nothing is wider than the window, and nobody is kept out. `what` names it where it is not. */
export async function whole(page: Page, what: string) {
  expect([what, await overflow(page)]).toEqual([what, 0]);
  expect([what, await barriers(page)]).toEqual([what, []]);
}

/** A screen is whole at every width. It is opened once and made narrower, as a window is. */
export async function wholeAtAll(page: Page, what: string) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    await expect.poll(() => page.evaluate(() => innerWidth)).toBe(width);
    await expect.poll(() => overflow(page), { message: `${what} at ${width}` }).toBe(0); // a table becomes cards a moment later
    await whole(page, `${what} at ${width}`);
  }
  await page.setViewportSize({ width: widths[0], height: 844 });
}

/** A session in a new context, as its owner signs in. */
export async function signIn(context: BrowserContext, url: string, email: string, password: string) {
  await context.request.post(`${url}/api/v1/session`, { data: { email, password } });
}
