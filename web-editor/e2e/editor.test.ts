import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, startBrowser } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { lookAt, looks, signIn, whole } from "./sweep";

// The web editor as a marketer uses it: in Russian, with mouse and keyboard.
describe("the editor", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];
  let email: string;

  beforeAll(async () => {
    program = await startProgram();
    browser = await startBrowser();
    const first = await browser.newContext();
    email = await firstSignIn(await first.newPage(), program);
    await first.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: "ru-RU",
      reducedMotion: "reduce",
    });
    wrong = watch(context, program);
    await signIn(context, program.url, email, password);
    page = await context.newPage();
  });
  afterEach(async () => {
    await context.close();
    expect(wrong).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
  });

  const blocks = () => page.locator(".react-flow__node-block");
  const links = () => page.locator("[data-link]");
  const block = (name: string) => blocks().filter({ hasText: name }).first();
  const saved = () => page.locator('[data-save="saved"]').waitFor();
  const middle = async (l: Locator) => {
    const b = await l.boundingBox();
    if (!b) throw new Error("it is not seen");
    return { x: b.x + b.width / 2, y: b.y + b.height / 2 };
  };
  /** Draws from a block's outlet to another block. */
  const draw = async (from: Locator, to: Locator) => {
    const [a, b] = [await middle(from.locator(".react-flow__handle-bottom")), await middle(to)];
    await page.mouse.move(a.x, a.y);
    await page.mouse.down();
    await page.mouse.move(b.x, b.y, { steps: 8 });
    await page.mouse.up();
  };
  const template = async () => {
    await page.goto(`${program.url}/app/cascades`);
    await page.getByRole("button", { name: "Новый каскад" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Viber, SMS/ })
      .click();
    await page.waitForURL(/\/cascades\/\d+$/);
    await expect.poll(() => blocks().count()).toBe(3);
  };
  const blank = async (name: string) => {
    await page.goto(`${program.url}/app/cascades`);
    await page.getByRole("button", { name: "Новый каскад" }).click();
    await page.getByRole("dialog").getByLabel("Название").fill(name);
    await page.getByRole("button", { name: "Чистый лист" }).click();
    await page.waitForURL(/\/cascades\/\d+$/);
    await page.locator(".react-flow__pane").waitFor();
  };

  test("a template is extended by mouse, saved by itself, and published", async () => {
    await template();
    await page
      .locator('[data-piece="delay"]')
      .dragTo(page.locator(".react-flow__pane"), { targetPosition: { x: 150, y: 620 } });
    await expect.poll(() => blocks().count()).toBe(4);
    await block("Задержка").click();
    await draw(block("Запасная SMS"), block("Задержка"));
    await page.getByRole("dialog").getByRole("button", { name: "Не доставлено" }).click();
    await expect.poll(() => links().count()).toBe(4);
    // What "+" adds is linked at once: a delay has one outcome only.
    await block("Задержка")
      .getByRole("button", { name: /Добавить блок после/ })
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Цель достигнута" }).click();
    await expect.poll(() => links().count()).toBe(5);
    await saved();
    await page.reload();
    await expect.poll(() => links().count()).toBe(5);
    await page.getByRole("button", { name: "Ошибок нет" }).waitFor();
    await page.getByRole("button", { name: "Опубликовать" }).click();
    await page.getByLabel("Что нового").fill("Первая");
    await page.getByRole("dialog").getByRole("button", { name: "Опубликовать" }).click();
    await page.getByText("Опубликована версия 1").waitFor();
  });

  test("a loop is refused with its way, and everything can be undone and redone", async () => {
    await template();
    await draw(block("Запасная SMS"), block("Предложение в Viber"));
    await page.getByText(/Предложение в Viber → Запасная SMS|Запасная SMS → Предложение в Viber/).waitFor();
    expect(await links().count()).toBe(3);
    await block("Запасная SMS").click();
    await page.keyboard.press("Delete");
    await expect.poll(() => blocks().count()).toBe(2);
    await page.keyboard.press("Control+z");
    await expect.poll(() => links().count()).toBe(3);
    await page.keyboard.press("Control+Shift+z");
    await expect.poll(() => blocks().count()).toBe(2);
    await page.keyboard.press("Control+z");
    await saved();
  });

  test("a drag is one step of undo", async () => {
    await template();
    const at = await middle(block("Запасная SMS"));
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await page.mouse.move(at.x - 200, at.y + 60, { steps: 12 });
    await page.mouse.up();
    await expect.poll(async () => (await middle(block("Запасная SMS"))).x).toBeLessThan(at.x - 150);
    await page.keyboard.press("Control+z");
    await expect.poll(async () => Math.round((await middle(block("Запасная SMS"))).x)).toBe(Math.round(at.x));
    expect(await page.getByRole("button", { name: "Отменить" }).isDisabled()).toBe(true);
  });

  test("settings are checked while they are filled in, and only a scheme without errors can be published", async () => {
    await blank("Проверка");
    await page.locator('[data-piece="sms"]').click();
    const publish = page.getByRole("button", { name: "Опубликовать" });
    await expect.poll(() => publish.isDisabled()).toBe(true);
    await page.getByLabel("Имя отправителя").fill("SHOP");
    await page.getByLabel("Текст сообщения").fill("Привет, {{ contact.nam }}");
    await page
      .getByText(/contact\.nam|«nam»|nam/)
      .last()
      .waitFor();
    await page.getByLabel("Текст сообщения").fill("Привет");
    await page.getByText("6 знаков · 1 часть, UCS-2, осталось 64").waitFor();
    await expect.poll(() => publish.isEnabled()).toBe(true);
    await page.getByRole("button", { name: /замечани/ }).click();
    await page.getByRole("region", { name: "Что проверить" }).getByRole("button").nth(1).waitFor();
  });

  test("blocks are copied into another scheme", async () => {
    await template();
    await block("Запасная SMS").click();
    await page.locator(".react-flow__pane").click({ position: { x: 20, y: 20 } });
    await page.keyboard.press("Control+a");
    // A headless browser has no clipboard of its own: what would go through it is handed over as the event does.
    const text = await page.evaluate(() => {
      const data = new DataTransfer();
      document.body.dispatchEvent(new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true }));
      return data.getData("text/plain");
    });
    await saved();
    await blank("Куда");
    await page.evaluate((copied) => {
      const data = new DataTransfer();
      data.setData("text/plain", copied);
      document.body.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
      );
    }, text);
    await expect.poll(() => blocks().count()).toBe(3);
    await expect.poll(() => links().count()).toBe(3);
    await saved();
  });

  test("another's edit is shown, and never written over silently", async () => {
    await template();
    const id = page.url().split("/").at(-1);
    const address = `${program.url}/api/v1/schemes/${id}/draft`;
    const draft = await (await context.request.get(address)).json();
    await context.request.put(address, {
      headers: { "If-Match": `"${draft.revision}"` },
      data: { document: { ...draft.document, name: "Чужое" } },
    });
    await page.getByLabel("Название каскада").fill("Моё");
    const dialog = page.getByRole("dialog", { name: "Черновик изменил кто-то ещё" });
    await dialog.waitFor();
    // The refused save is an answer of 412, which a browser writes to its console.
    expect(wrong.splice(0).every((w) => w.includes("412"))).toBe(true);
    await dialog.getByRole("button", { name: "Взять чужое" }).click();
    await expect.poll(() => page.getByLabel("Название каскада").inputValue()).toBe("Чужое");
    await saved();
  });

  test("the list finds, archives and takes back", async () => {
    await blank("Редкое название");
    await saved();
    await page.goto(`${program.url}/app/cascades`);
    await page.getByLabel("Поиск").fill("редкое");
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    await page.getByRole("button", { name: "Действия: Редкое название" }).click();
    await page.getByRole("menuitem", { name: "В архив" }).click();
    await page.getByText("Ничего не найдено").waitFor();
    await page.getByRole("button", { name: "Вернуть" }).click();
    await page.getByRole("link", { name: "Редкое название" }).waitFor();
  });

  test("an ended session is renewed without losing what was drawn", async () => {
    await blank("Сеанс");
    await saved();
    await context.clearCookies();
    await page.locator('[data-piece="goal"]').click();
    const dialog = page.getByRole("dialog", { name: "Вход" });
    await dialog.getByLabel("Пароль").fill(password);
    await dialog.getByRole("button", { name: "Войти", exact: true }).click();
    await saved();
    expect(wrong.splice(0).every((w) => w.includes("401"))).toBe(true);
    await page.reload();
    await expect.poll(() => blocks().count()).toBe(1);
  });

  test("the dark look keeps its contrasts", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await template();
    await blocks().first().click();
    await page.locator("[data-panel]").waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.goto(`${program.url}/app/cascades`);
    await page.getByRole("row").nth(1).waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  for (const { lang, width } of looks) {
    test(`screens are whole in ${lang} at ${width} pixels`, async () => {
      await lookAt(page, lang, width);
      await page.goto(`${program.url}/app/cascades`);
      await page.getByRole("link").nth(1).waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(lang);
      await page
        .getByText(/Viber, SMS|Viber, then SMS/)
        .first()
        .waitFor();
      await whole(page, "list");
      await page.locator("main a[href*='/cascades/']").last().click();
      await page.locator(".react-flow__pane").waitFor();
      await whole(page, "canvas");
      await page.locator(".react-flow__node-block").first().click();
      await page.locator("[data-panel]").waitFor();
      await whole(page, "settings");
      await page.locator("[data-panel] button").first().click();
      await page.locator("[data-panel]").waitFor({ state: "detached" });
      await page.locator("[data-link]").first().click();
      await page.getByRole("dialog").waitFor();
      await whole(page, "link");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("button", { name: /^(Ещё|More)$/ }).click();
      await page.getByRole("menuitem", { name: /списком|as a list/ }).click();
      await page.locator("main ol, main p").first().waitFor();
      await whole(page, "as a list");
      await page.goto(`${program.url}/app/nowhere`);
      await page.getByText(/ничего нет|nothing at this address/).waitFor();
      await whole(page, "nothing there");
    });
  }
});
