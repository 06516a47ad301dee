import type { BrowserContext, Page } from "playwright-core";
import type { Program } from "./program";

export const password = "correct horse battery staple";

/** Signs in by the link that the program prints at its first start, as its owner does. Gives the owner's e-mail. */
export async function firstSignIn(page: Page, program: Program): Promise<string> {
  const link = /http:\/\/\S+\/sign-in\?code=\S+/.exec(program.said())?.[0];
  if (!link) throw new Error(`no link was printed:\n${program.said()}`);
  const address = new URL(link);
  await page.goto(`${program.url}${address.pathname}${address.search}&next=/app/`);
  const form = page.locator("#choose");
  await form.locator("input[type=password]").fill(password);
  const email = await form.locator("input[type=email]").inputValue();
  await form.locator("button").click();
  await page.waitForURL(/\/app\//);
  return email;
}

/** What must not be: errors in the console, breaches of the policy among them, and requests to other hosts. */
export function watch(context: BrowserContext, program: Program): string[] {
  const wrong: string[] = [];
  context.on("page", (page) => {
    page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
    page.on("pageerror", (e) => wrong.push(e.message));
    page.on("request", (r) => {
      const { protocol, origin } = new URL(r.url());
      if (protocol.startsWith("http") && origin !== program.url) wrong.push(`request to ${r.url()}`);
    });
  });
  return wrong;
}
