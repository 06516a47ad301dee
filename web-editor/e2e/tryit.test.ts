import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, tell } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { lookAt, looks, signIn, whole } from "./sweep";

// A scheme is tried, tested, compared and brought back, as a marketer does it: in Russian.
describe("trying and versions", () => {
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

  const document = (text = "Скидка 20%", extra: object[] = []) => ({
    kind: "cascade",
    name: "Распродажа",
    nodes: [
      {
        id: "v",
        type: "viber",
        name: "Предложение",
        x: 80,
        y: 60,
        config: {
          sender: "SHOP",
          format: "text_button",
          text: '{{ contact.name ?? "Друг" }}, скидка',
          button: { text: "Купить", url: "https://shop.example/" },
          decision_time: "2h",
        },
      },
      {
        id: "s",
        type: "sms",
        name: "Запасная",
        x: 80,
        y: 280,
        config: { sender: "SHOP", text, decision_time: "1h" },
      },
      { id: "g", type: "goal", name: "На сайте", x: 420, y: 160, config: {} },
      ...extra,
    ],
    links: [
      { id: "1", from: "v", to: "g", type: "status", value: "clicked" },
      { id: "2", from: "v", to: "s", type: "status", value: "not_delivered" },
      { id: "3", from: "s", to: "g", type: "status", value: "delivered" },
    ],
  });
  const send = async (method: "post" | "put", path: string, data: object, revision?: number) => {
    const headers: Record<string, string> = revision ? { "If-Match": `"${revision}"` } : {};
    const answer = await context.request[method](`${program.url}/api/v1${path}`, { data, headers });
    expect([path, answer.ok()]).toEqual([path, true]);
    return answer.json();
  };
  const make = (d: object = document()) => send("post", "/schemes", { document: d });
  /** A scheme of two versions, the later with another text and a pause more. */
  const twice = async () => {
    const made = await make();
    await send("post", `/schemes/${made.id}/publish`, { note: "Первая" }, made.revision);
    const pause = { id: "d", type: "delay", name: "Пауза", x: 420, y: 400, config: { for: "1d" } };
    const later = document("Скидка 25%", [pause]);
    later.links.push({ id: "4", from: "s", to: "d", type: "status", value: "not_delivered" });
    const draft = await send("put", `/schemes/${made.id}/draft`, { document: later }, made.revision);
    await send("post", `/schemes/${made.id}/publish`, { note: "С паузой" }, draft.revision);
    return made.id as string;
  };
  const open = async (scheme: string) => {
    await page.goto(`${program.url}/app/cascades/${scheme}`);
    await page.locator("[data-block=v]").waitFor();
  };
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const mark = (block: string) => page.locator(`[data-block=${block}]`).getAttribute("data-mark");
  const begin = async () => {
    await page.getByRole("button", { name: /^(Проверить|Try it)$/ }).click();
    await page.locator("[data-tryit]").waitFor();
    await page.getByLabel(/^(Имя|Name)$/).fill("Анна");
    await page.getByLabel(/^(Телефон|Phone)$/).fill("+79241234567");
    await page.getByLabel(/^(Начало рассылки|Start of the campaign)( \*)?$/).fill("2026-06-15");
    await page.getByLabel(/^(Начало рассылки: время, часы|Start of the campaign: time, hours)$/).click();
    await page.keyboard.type("1000");
    await page.getByRole("button", { name: /^(Начать|Begin)$/ }).click();
    await page.locator("[data-walked=v]").waitFor();
  };

  test("a walk is tried, kept as a test, and stands against a publishing that breaks it", async () => {
    const { id } = await make();
    await open(id);
    await begin();
    expect(await mark("v")).toBe("present");
    await page.locator("[data-event='status:not_delivered']").click();
    await expect.poll(() => mark("s")).toBe("present");
    expect(await mark("v")).toBe("walked");
    expect(await page.locator('[data-link="2"]').getAttribute("data-mark")).toBe("walked");
    await page.locator("[data-walked=v]").getByText("Не доставлено").first().waitFor();
    // Back, and by time alone: what the deadline decides is told as such.
    await button("Шаг назад").click();
    await expect.poll(() => mark("v")).toBe("present");
    await page.locator("[data-step]").click();
    await page.getByText("За 2 часа доставки не было.").waitFor();
    await page.locator("[data-event='status:delivered']").click();
    await page.locator('[data-outcome="goal"]').waitFor();
    await page.getByLabel("Сохранить как тест").fill("Доходит по SMS");
    await button("Сохранить").click();
    await page.getByRole("tab", { name: "Тесты: 1" }).click();
    await button("Запустить тесты").click();
    await page.locator('[data-passed="1"]').waitFor();
    await button("Закрыть").first().click();
    // Another decision time is another walk.
    await page.locator("[data-block=v]").click();
    await page.getByRole("textbox", { name: "Время принятия решения" }).fill("3");
    await page.locator('[data-save="saved"]').waitFor();
    await button("Опубликовать").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Опубликовать" }).click();
    await dialog.getByText("Тест не прошёл: Доходит по SMS").waitFor();
    await dialog
      .getByText(/^≠ Предложение: Не доставлено/)
      .first()
      .waitFor();
    expect(wrong.splice(0).every((w) => w.includes("409"))).toBe(true);
    await dialog.getByRole("button", { name: "Открыть тесты" }).click();
    await button("Запустить тесты").click();
    await button("Принять новый результат").click();
    await page.locator('[data-passed="1"]').waitFor();
    await button("Удалить тест: Доходит по SMS").click();
    await page.getByRole("dialog").getByRole("button", { name: "Удалить" }).click();
    await page.getByText("Тестов пока нет.").first().waitFor();
    await page.getByRole("alert").getByRole("button", { name: "Вернуть" }).click();
    await page.getByRole("tab", { name: "Тесты: 1" }).waitFor();
    await button("Опубликовать").click();
    await dialog.getByRole("button", { name: "Опубликовать" }).click();
    await page.getByText("Опубликована версия 1").waitFor();
  });

  test("versions are compared on the drawing and in words, and an old one is restored", async () => {
    const id = await twice();
    await open(id);
    await button("Ещё").click();
    await page.getByRole("menuitem", { name: "История версий" }).click();
    await page.locator('[data-shown="2"]').waitFor();
    expect(await page.locator("[data-version]").count()).toBe(2);
    await page.getByRole("combobox", { name: "Сравнить с" }).click();
    await page.getByRole("option", { name: "Версия 1" }).click();
    await page.getByText("Новый блок «Пауза»").waitFor();
    await page.getByText("Изменён блок «Запасная»").waitFor();
    await page.locator("[data-changes] del", { hasText: "Скидка 20%" }).waitFor();
    await expect.poll(() => mark("d")).toBe("added");
    expect(await mark("s")).toBe("changed");
    expect(await mark("v")).toBeNull();
    expect(await page.locator('[data-link="4"]').getAttribute("data-mark")).toBe("added");
    await page.locator('[data-version="1"]').click();
    await page.locator('[data-shown="1"]').waitFor();
    await button("Вернуть в черновик").click();
    await page.getByRole("dialog").getByRole("button", { name: "Вернуть в черновик" }).click();
    await page.getByText("Черновик теперь как версия 1").waitFor();
    await page.waitForURL(/\/cascades\/\d+$/);
    await page.locator("[data-block=s]", { hasText: "Скидка 20%" }).waitFor();
    expect(await page.locator("[data-block=d]").count()).toBe(0);
    await page.goto(`${program.url}/app/cascades/${id}/versions?with=draft`);
    await page.getByText("Удалён блок «Пауза»").waitFor();
    await expect.poll(() => mark("d")).toBe("removed");
  });

  test("the first load is small, and what draws comes apart from it", async () => {
    const loaded: Promise<{ size: number; text: string }>[] = [];
    page.on("response", (r) => {
      if (!/\/app(\/|$)/.test(new URL(r.url()).pathname)) return;
      loaded.push(r.body().then((b) => ({ size: gzipSync(b).length, text: b.toString() })));
    });
    await page.goto(`${program.url}/app/cascades`);
    await button("Новый каскад").waitFor();
    const all = await Promise.all(loaded);
    expect(all.length).toBeGreaterThan(5);
    expect(all.reduce((sum, f) => sum + f.size, 0)).toBeLessThan(400_000);
    // Marks of React Flow, CodeMirror and ECharts.
    for (const other of ["react-flow__pane", "cm-content", "ec-extension"])
      expect([other, all.filter((f) => f.text.includes(other)).length]).toEqual([other, 0]);
  });

  for (const { lang, width } of looks) {
    test(`screens are whole in ${lang} at ${width} pixels`, async () => {
      const id = await twice();
      await lookAt(page, lang, width);
      await open(id);
      await page.getByRole("button", { name: /^(Проверить|Try it)$/ }).click();
      await page.locator("[data-tryit] form").waitFor();
      await whole(page, "whom");
      await page.getByRole("button", { name: /^(Проверить|Try it)$/ }).click();
      await begin();
      await page.locator("[data-event='status:delivered']").click();
      await page.locator("[data-walked=v]", { hasText: /Доставлено|Delivered/ }).waitFor();
      await whole(page, "trying");
      await page.getByRole("tab", { name: /^(Тесты|Tests)/ }).click();
      await whole(page, "tests");
      await page.goto(`${program.url}/app/cascades/${id}/versions?with=draft`);
      await page.locator("[data-changes]").waitFor();
      await page.getByRole("combobox", { name: /Сравнить с|Compare with/ }).click();
      await page.getByRole("option", { name: /1$/ }).click();
      await page.locator('[data-block=d][data-mark="added"]').waitFor({ state: "attached" });
      await whole(page, "versions");
      await open(id);
      await page.locator("[data-block=v]").click();
      await page.locator("[data-preview=viber]").waitFor();
      await whole(page, "preview");
    });
  }
});
