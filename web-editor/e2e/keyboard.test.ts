import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { call, published } from "./send";

/** What has the focus: its name as people call it, and whether one can see that it has. */
interface Focus {
  name: string;
  role: string;
  seen: boolean;
  lost: boolean;
}

const look = (): Focus => {
  const e = document.activeElement as HTMLElement | null;
  if (!e || e === document.body) return { name: "", role: "", seen: false, lost: true };
  const marked = (x: Element | null | undefined) => {
    if (!x) return false;
    const s = getComputedStyle(x);
    return (s.outlineStyle !== "none" && Number.parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
  };
  const label = e.closest("label") ?? document.querySelector(`label[for="${CSS.escape(e.id)}"]`);
  // A field that is typed into shows its caret; one that is only chosen, and hidden, is shown by its label.
  const field = e.matches("input:not([type=radio], [type=checkbox]), textarea, [contenteditable]");
  const box = e.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const shown = field || [e, e.nextElementSibling, label, e.parentElement].some(marked);
  return {
    name: (e.getAttribute("aria-label") ?? label?.textContent ?? e.textContent ?? "").replace(/[\s*]+$/, "").trim(),
    role: e.getAttribute("role") ?? e.tagName.toLowerCase(),
    seen: e.id === "content" || (inside && shown),
    lost: false,
  };
};

// All that a marketer does first, without a mouse.
describe("by keyboard alone", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let email: string;
  let scheme: string;
  let wrong: string[];

  beforeAll(async () => {
    program = await startProgram("--demo");
    browser = await startBrowser();
    const first = await browser.newContext();
    email = await firstSignIn(await first.newPage(), program);
    scheme = await published(first, program, "Скидка");
    await call(first, program, "/groups", { name: "Постоянные" });
    await first.close();
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: "ru-RU",
      reducedMotion: "reduce",
    });
    wrong = watch(context, program);
    page = await context.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
  });

  const press = (key: string) => page.keyboard.press(key);
  const focus = () => page.evaluate(look);
  const kept = async () => expect.poll(async () => (await focus()).lost).toBe(false);
  /** Goes on by Tab until something of a name has the focus, which one can see at every step. */
  const to = async (name: string | RegExp, key = "Tab", most = 80) => {
    const met: string[] = [];
    for (let i = 0; i < most; i++) {
      await press(key);
      const now = await focus();
      if (now.lost) continue; // past the end of the page
      expect(now, `what follows ${met.at(-1)} shows that it has the focus`).toMatchObject({ seen: true });
      if (typeof name === "string" ? now.name === name : name.test(now.name)) return now;
      met.push(now.name);
    }
    throw new Error(`${name} is not reached by ${key}: ${met.join(" | ")}`);
  };
  const dialog = () => page.getByRole("dialog");
  /** A dialog takes the focus, and gives it back where it was. */
  const closed = async (back: string | RegExp) => {
    await dialog().waitFor();
    await expect.poll(() => page.evaluate(() => !!document.activeElement?.closest("[role=dialog]"))).toBe(true);
    await press("Escape");
    await dialog().waitFor({ state: "hidden" });
    const name = async () => (await focus()).name;
    if (typeof back === "string") await expect.poll(name).toBe(back);
    else await expect.poll(name).toMatch(back);
  };
  const menu = async (name: string, place: RegExp) => {
    await to(name);
    await press("Enter");
    await page.waitForURL(place);
    await page.getByRole("heading", { name, level: 1 }).waitFor(); // the screen before stays until the next one is there
    await kept();
  };

  test("one signs in", async () => {
    await page.goto(`${program.url}/sign-in?next=/app/`);
    await page.locator("#enter input[type=email]").waitFor();
    if (!(await page.evaluate(() => document.activeElement?.matches("input[type=email]")))) await to(/почта|e-?mail/i);
    await page.keyboard.type(email);
    await press("Tab");
    await page.keyboard.type(password);
    await press("Enter");
    await page.waitForURL(/\/cascades$/);
    await page.getByRole("link", { name: "Скидка" }).waitFor();
  });

  test("the link past the menu leads to the screen", async () => {
    await to("К содержимому");
    await press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("content");
    await to("Поиск");
    await page.keyboard.type("Скид");
    await page.waitForURL(/q=/);
  });

  test("a drawing is opened, walked through and left", async () => {
    await to("Скидка");
    await press("Enter");
    await page.waitForURL(new RegExp(`/cascades/${scheme}$`));
    await page.locator(".react-flow__node-block").first().waitFor();
    for (let i = 0; i < 60; i++) {
      await press("Tab");
      if (await page.evaluate(() => document.activeElement?.matches("[data-canvas]"))) break;
    }
    expect(await page.evaluate(() => document.activeElement?.matches("[data-canvas]"))).toBe(true);
    await press("Tab");
    await page.locator(".react-flow__node-block.selected, [data-selected=true]").first().waitFor();
    await press("Enter");
    await dialog().waitFor();
    await press("Escape");
    await dialog().waitFor({ state: "hidden" });
    await kept();
    await press("?");
    await dialog().waitFor();
    await press("Escape");
    await dialog().waitFor({ state: "hidden" });
    await kept();
    await page.goto(`${program.url}/app/cascades`);
    await page.getByRole("link", { name: "Скидка" }).waitFor();
  });

  test("campaigns are found, looked at, and one is made ready to launch", async () => {
    await menu("Рассылки", /\/campaigns$/);
    await page.locator("tbody tr").first().waitFor();
    await to("Поиск");
    await page.keyboard.type("Viber");
    await page.waitForURL(/q=Viber/);
    await to(/Viber/);
    await press("Enter");
    await page.waitForURL(/\/campaigns\/\d+/);
    await to("Схема");
    await press("ArrowRight");
    await expect.poll(() => page.getByRole("tab", { name: "Получатели" }).getAttribute("aria-selected")).toBe("true");
    await kept();

    await page.goto(`${program.url}/app/campaigns`);
    await page.locator("tbody tr").first().waitFor();
    await to("Новая рассылка");
    await press("Enter");
    await page.getByRole("menuitem").first().waitFor();
    await press("Escape");
    await expect.poll(async () => (await focus()).name).toBe("Новая рассылка");
    await press("Enter");
    await page.getByRole("menuitem").first().waitFor();
    await to(/^По каскаду/, "ArrowDown", 5);
    await press("Enter");
    await page.waitForURL(/\/campaigns\/new/);
    await kept();
    await to("Каскад");
    await page.keyboard.type("Скид");
    await page.getByRole("option", { name: /Скидка/ }).waitFor();
    await press("ArrowDown");
    await press("Enter");
    await to("Продолжить");
    await press("Enter");
    await page.waitForURL(/\/campaigns\/\d+$/);
    await kept();
    // The parts of the launch: whom, when, at what pace, a test, and the question before it.
    await to("Группы");
    await press("ArrowDown");
    await page.getByRole("option", { name: /Постоянные/ }).waitFor();
    await press("Escape");
    await to(/^Сейчас/);
    await press("ArrowDown");
    await expect.poll(() => page.getByRole("radio", { name: /^Отправить позже, по вашему/ }).isChecked()).toBe(true);
    await press("ArrowUp");
    await page.getByText("Сохранено").first().waitFor();
    await to("Тестовая отправка");
    await press("Enter");
    await closed("Тестовая отправка");
    await page.getByRole("button", { name: "Запустить", exact: true }).isEnabled();
    await to("Запустить");
    await press("Enter");
    await closed("Запустить");
  });

  test("a contact is added, a group deleted and brought back", async () => {
    await menu("Контакты", /\/contacts$/);
    await page.locator("tbody tr").first().waitFor();
    await to("Добавить контакт");
    await press("Enter");
    await closed("Добавить контакт");
    await press("Enter");
    await dialog().waitFor();
    await to("Имя");
    await page.keyboard.type("Клавдия Клавишная");
    await press("Enter");
    await page.waitForURL(/\/contacts\/\d+$/); // the new one's card
    await dialog().waitFor({ state: "hidden" });
    await kept();
    await menu("Контакты", /\/contacts$/);
    await to("Группы");
    await press("Enter");
    await page.waitForURL(/\/contacts\/groups$/);
    await page.getByRole("link", { name: "Постоянные" }).waitFor();
    await to("Удалить");
    await press("Enter");
    await closed("Удалить");
    await press("Enter");
    await dialog().waitFor();
    await to("Удалить");
    await press("Enter");
    await dialog().waitFor({ state: "hidden" });
    await expect.poll(() => page.getByRole("link", { name: "Постоянные" }).count()).toBe(0);
    await kept();
    await to("Вернуть");
    await press("Enter");
    await page.getByRole("link", { name: "Постоянные" }).waitFor();
    await kept();
  });

  test("settings are changed, and the log is read", async () => {
    await menu("Настройки", /\/settings\/account$/);
    await to("Страна");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("KZ");
    await press("Enter");
    await page.getByText("Сохранено").first().waitFor();
    await kept();
    await to("Журнал", "Shift+Tab");
    await press("Enter");
    await page.waitForURL(/\/settings\/audit$/);
    await kept();
    await to("Поиск");
    await page.keyboard.type("страна");
    await page.getByText(/Страна: RU → KZ/).waitFor();
    expect(wrong).toEqual([]);
  });
});
