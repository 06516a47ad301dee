import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, startBrowser, tell } from "./browser";
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
  afterEach(async (test) => {
    await tell(test, context);
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
  /** The middle of something that stands still: a new drawing is fitted into its place some frames after its blocks are there. */
  const middle = async (l: Locator) => {
    for (let was = "", still = 0; ; ) {
      const b = await l.boundingBox();
      if (!b) throw new Error("it is not seen");
      still = JSON.stringify(b) === was ? still + 1 : 0;
      if (still === 5) return { x: b.x + b.width / 2, y: b.y + b.height / 2 };
      was = JSON.stringify(b);
      await l.page().evaluate(() => new Promise(requestAnimationFrame));
    }
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
    const nodes = draft.document.nodes.map((n: object, i: number) => (i ? n : { ...n, name: "Другой блок" }));
    await context.request.put(address, {
      headers: { "If-Match": `"${draft.revision}"` },
      data: { document: { ...draft.document, name: "Чужое", nodes } },
    });
    await page.getByLabel("Название каскада").fill("Моё");
    const dialog = page.getByRole("dialog", { name: "Черновик изменил кто-то ещё" });
    await dialog.waitFor();
    // The refused save is an answer of 412, which a browser writes to its console.
    expect(wrong.splice(0).every((w) => w.includes("412"))).toBe(true);
    await dialog.locator("ins").getByText("Другой блок").waitFor();
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
    // Another request may have found out already, so that the dialog is there in the moment of the click.
    await page.locator('[data-piece="goal"]').dispatchEvent("click");
    const dialog = page.getByRole("dialog", { name: "Вход" });
    await dialog.getByLabel("Пароль").fill(password);
    await dialog.getByRole("button", { name: "Войти", exact: true }).click();
    await saved();
    expect(wrong.splice(0).every((w) => w.includes("401"))).toBe(true);
    await page.reload();
    await expect.poll(() => blocks().count()).toBe(1);
  });

  /** A scheme as it is given, opened. */
  const given = async (nodes: object[], linked: object[]) => {
    const answer = await context.request.post(`${program.url}/api/v1/schemes`, {
      data: { document: { kind: "cascade", name: "Дано", nodes, links: linked } },
    });
    const { id } = await answer.json();
    await page.goto(`${program.url}/app/cascades/${id}`);
    await expect.poll(() => blocks().count()).toBe(nodes.length);
    return id as string;
  };
  const stored = async (id: string) =>
    (await (await context.request.get(`${program.url}/api/v1/schemes/${id}/draft`)).json()).document;
  const sms = (id: string, x: number, y: number) => ({
    id,
    type: "sms",
    name: id.toUpperCase(),
    x,
    y,
    config: { sender: "SHOP", text: "Привет" },
  });

  test("a block is dropped into a link, and a link's end is drawn to another block", async () => {
    const id = await given(
      [sms("a", 300, 40), sms("b", 300, 340), sms("c", 640, 340)],
      [{ id: "1", from: "a", to: "b", type: "status", value: "not_delivered" }],
    );
    const ends = async () => (await stored(id)).links.map((l: { from: string; to: string }) => `${l.from}>${l.to}`);
    // From the arrow's end at B to the body of C.
    const from = await middle(block("B").locator(".react-flow__handle-top"));
    const to = await middle(block("C"));
    await page.mouse.move(from.x, from.y - 8);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 10 });
    await page.mouse.up();
    await saved();
    await expect.poll(ends).toEqual(["a>c"]);
    await page.keyboard.press("Control+z");
    await expect.poll(ends).toEqual(["a>b"]);
    // The same by the keyboard: the link's dialog names the block that it leads to.
    await page.locator('[data-link="1"]').focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("combobox", { name: "Ведёт к блоку" }).fill("C");
    await page.getByRole("option", { name: "C" }).click();
    await expect.poll(ends).toEqual(["a>c"]);
    await page.keyboard.press("Control+z");
    await expect.poll(ends).toEqual(["a>b"]);
    await page.locator('[data-piece="delay"]').dragTo(page.locator('[data-link="1"]'));
    await expect.poll(ends).toEqual(["a>delay", "delay>b"]);
    await page.keyboard.press("Control+z");
    await expect.poll(() => blocks().count()).toBe(3);
    await saved();
  });

  test("a condition is put together of rows, or written with help and mistakes in place", async () => {
    const id = await given(
      [
        { id: "c", type: "condition", name: "Кто", x: 80, y: 60, config: { branches: [{ id: "b1", when: "" }] } },
        sms("a", 80, 260),
      ],
      [{ id: "1", from: "c", to: "a", type: "branch", value: "b1" }],
    );
    const branch = async () => (await stored(id)).nodes[0].config.branches[0];
    await block("Кто").click();
    await page.getByRole("button", { name: "Добавить условие" }).click();
    await page.getByRole("combobox", { name: "Значение условия 1" }).fill("Анна");
    await expect.poll(async () => (await branch()).when).toBe('contact.name == "Анна"');
    await page.getByText("Выражением", { exact: true }).click();
    const code = page.getByRole("textbox", { name: "Когда" });
    await code.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("upper(contact.na");
    await page.locator(".cm-tooltip-autocomplete li", { hasText: "contact.name" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+a");
    await page.keyboard.type('upper(contact.nme) == "А"');
    await page.locator(".cm-lintRange-error", { hasText: "nme" }).waitFor();
    expect(await page.getByRole("radio", { name: "Списком" }).isDisabled()).toBe(true);
    await page.keyboard.press("Control+a");
    await page.keyboard.type("contact.email != nil");
    await expect.poll(() => page.getByRole("radio", { name: "Списком" }).isEnabled()).toBe(true);
    await expect.poll(async () => (await branch()).when).toBe("contact.email != nil");
    // A branch that is renamed keeps its link.
    await page.getByRole("textbox", { name: "Название", exact: true }).fill("почта");
    await expect.poll(async () => (await stored(id)).links[0].value).toBe("почта");
    await expect.poll(async () => (await branch()).id).toBe("почта");
  });

  test("a scheme goes into a file and comes from one, and notes are written by the keyboard", async () => {
    await given([sms("a", 80, 60)], []);
    await page.getByRole("button", { name: "Ещё" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Сохранить в файл" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("Дано.json");
    const path = await file.path();
    await blank("Пусто");
    await page.getByRole("button", { name: "Ещё" }).click();
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("menuitem", { name: "Взять из файла" }).click(),
    ]);
    await chooser.setFiles(path);
    await expect.poll(() => blocks().count()).toBe(1);
    await page.keyboard.press("Control+z");
    await expect.poll(() => blocks().count()).toBe(0);
    await page.getByRole("button", { name: "Ещё" }).click();
    await page.getByRole("menuitem", { name: "Комментарий" }).click();
    const note = page.getByRole("textbox", { name: "Комментарий на полотне" });
    await note.focus();
    await page.keyboard.type("Не забыть");
    await page.getByRole("button", { name: "Ещё" }).click();
    await page.getByRole("menuitem", { name: "Удалить" }).click();
    await note.waitFor({ state: "detached" });
    await page.keyboard.press("Control+z");
    await expect.poll(() => note.inputValue()).toBe("Не забыть");
    await context.setOffline(true);
    await page
      .getByText(/Нет связи|нет соединения/i)
      .first()
      .waitFor();
    await context.setOffline(false);
    await saved();
    wrong.splice(0);
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
