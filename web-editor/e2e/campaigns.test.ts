import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, startBrowser, tell } from "./browser";
import { firstSignIn, watch } from "./office";
import { type Program, startProgram } from "./program";
import { call as ask, published } from "./send";
import { languages, lookAt, wholeAtAll } from "./sweep";

// Campaigns as a marketer makes and watches them: in Russian, over the book and the running campaign of the demonstration.
describe("campaigns", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;
  let scheme: string;

  beforeAll(async () => {
    program = await startProgram("--demo");
    browser = await startBrowser();
    const first = await browser.newContext();
    await firstSignIn(await first.newPage(), program);
    // The session alone: each test has the language of its own.
    signedIn = { cookies: (await first.storageState()).cookies, origins: [] };
    scheme = await published(first, program, "Скидка");
    const { items } = await ask(first, program, "/contacts?limit=3");
    const addresses = items.map((c: { phone: string }) => c.phone);
    await ask(first, program, "/stops", { addresses, reason: "просили" });
    const version = (await ask(first, program, `/schemes/${scheme}`)).published.version;
    await ask(first, program, "/campaigns", {
      name: "Отложенная",
      version,
      start: { when: "cron", cron: "0 10 * * 1" },
      window: { zone: "recipient", days: [1, 2, 3, 4, 5], from: "10:00", to: "21:00" },
      tags: ["осень"],
    });
    await first.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: "ru-RU",
      reducedMotion: "reduce",
      storageState: signedIn,
    });
    wrong = watch(context, program);
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

  const call = (path: string, data?: object) => ask(context, program, path, data);
  const open = (path: string) => page.goto(`${program.url}/app${path}`);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const saved = () => page.locator('[data-save="saved"]').waitFor();
  const count = async () => Number((await page.locator("[data-recipients]").getAttribute("data-recipients")) ?? "-1");
  /** Makes a draft by hand and opens it. */
  const draft = async (name: string) => {
    await open(`/campaigns/new?scheme=${scheme}`);
    await expect.poll(() => page.getByLabel("Название").inputValue()).toBe("Скидка");
    await page.getByLabel("Название").fill(name);
    await button("Продолжить").click();
    await page.waitForURL(/\/campaigns\/\d+$/);
    await expect.poll(count).toBeGreaterThan(0);
  };
  /** The campaign of the demonstration. */
  const demonstrated = async (): Promise<string> => {
    const list = await call("/campaigns?q=Viber%2C%20voice%2C%20SMS");
    return list.items.find((c: { made_as?: string }) => !c.made_as).id;
  };
  /** Somebody who has reached a goal of a campaign; the demonstration needs some seconds for the first. */
  const reached = async (campaign: string): Promise<{ phone: string; recipient: number }> => {
    const people = async () => (await call(`/campaigns/${campaign}/recipients?limit=1&state=goal`)).items;
    await expect.poll(async () => (await people()).length).toBe(1);
    return (await people())[0];
  };
  /** The refusals that a test provokes are answers that a browser writes to its console. */
  const forgive = (status: string) => {
    const all = wrong.splice(0);
    expect(all.filter((w) => !w.includes(status))).toEqual([]);
  };

  test("a cascade is launched to those whom a condition chooses", async () => {
    await open(`/cascades/${scheme}`);
    await page.getByRole("link", { name: "Запустить" }).click();
    await button("Продолжить").click();
    await page.waitForURL(/\/campaigns\/\d+$/);
    await expect.poll(count).toBeGreaterThan(9000);
    await page.locator("[data-chart] canvas").waitFor();
    await page.getByText(/не полу[а-я]+: в стоп-листе/).waitFor();
    // A mistake in the condition stands beside it, and what else was typed is saved all the same.
    await page.getByText("Текстом", { exact: true }).click();
    await page.getByLabel("Название").fill("Летняя скидка");
    await page.getByRole("textbox", { name: "Условие" }).fill('nam == "Анна"');
    await page.getByText(/Поля nam нет/).waitFor();
    forgive("422");
    await page.getByRole("textbox", { name: "Условие" }).fill('name == "Анна"');
    await saved();
    await expect.poll(count).toBeLessThan(1000);
    await page.getByText("Списком", { exact: true }).click();
    await expect.poll(() => page.getByRole("combobox", { name: "Значение условия 1" }).inputValue()).toBe("Анна");
    await page
      .getByRole("combobox", { name: "Теги" })
      .or(page.getByRole("textbox", { name: "Теги" }))
      .first()
      .fill("лето");
    await page.keyboard.press("Enter");
    await saved();
    await page.reload();
    await expect.poll(() => page.getByLabel("Название").inputValue()).toBe("Летняя скидка");
    await expect.poll(count).toBeGreaterThan(0);
    const people = await count();
    await button("Запустить").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(new RegExp(`^${people}\\s+получател`)).waitFor();
    await dialog.getByRole("button", { name: "Запустить" }).click();
    // Figures come by themselves, on each block.
    await page.locator('[data-live="v"] [data-counter="sent"]').waitFor();
    await expect.poll(() => page.locator('[data-stat="recipients"]').textContent()).toContain(String(people));
    await page.getByRole("tab", { name: "История" }).click();
    await page.getByText("Запущена", { exact: true }).waitFor();
    await page.getByRole("tab", { name: "Условия" }).click();
    await page.getByText('name == "Анна"').waitFor();
    await button("Действия: Летняя скидка").click();
    await page.getByRole("menuitem", { name: "Отправить вдогонку" }).click();
    await page.getByLabel("Кто не достиг цели").check();
    await button("Создать черновик").click();
    await page.getByText("Только получатели другой рассылки").waitFor();
    await page.getByText("Летняя скидка, вдогонку").first().waitFor();
  });

  test("a test is sent to a few numbers, and a wrong number is told of", async () => {
    await draft("Проверка связи");
    await button("Тестовая отправка").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/Номера телефонов/).fill("123");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Отправить тест" }).click();
    await dialog.getByText(/не номер телефона/).waitFor();
    forgive("422");
    await dialog.getByLabel(/Номера телефонов/).press("Backspace");
    await dialog.getByLabel(/Номера телефонов/).fill("+79001234567");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Отправить тест" }).click();
    await dialog.getByText("Тест отправлен на 1 номер.").waitFor();
    await dialog.getByRole("link", { name: "Посмотреть, что с ним" }).click();
    await page.getByText("Тест рассылки").waitFor();
  });

  test("it begins when it is said: by the recipient's clock, at an instant, again and again", async () => {
    await draft("Когда угодно");
    await page.getByLabel("Повторять по расписанию").check();
    await saved();
    await expect.poll(() => page.locator("[data-repetitions] li").count()).toBeGreaterThan(2);
    await page.getByText("Ежедневно", { exact: true }).click();
    await saved();
    await page.getByLabel("Время: время, часы").click();
    await page.keyboard.type("0930");
    await expect.poll(() => page.locator("[data-repetitions] li").first().textContent()).toContain("09:30");
    await page.getByText("Иначе", { exact: true }).click();
    await page.getByLabel("Расписание в формате cron").fill("каждый день");
    await page.getByText(/Укажите пять полей/).waitFor();
    forgive("422");
    await page.getByLabel("Отправить позже, по местному времени получателя").check();
    await saved();
    await page.getByLabel("Ограничить время отправки").check();
    await page.getByLabel("С", { exact: true }).fill("9:00");
    await page.getByText(/ЧЧ:ММ|HH:MM/).waitFor();
    forgive("422");
    await page.getByLabel("С", { exact: true }).fill("09:00");
    await saved();
    // A day is typed as it is written here, or chosen; the end of a day is meant where no time is said.
    const end = page.getByLabel("Окончание", { exact: true });
    const day = new Date(Date.now() + 60 * 86_400_000);
    const written = day.toLocaleDateString("ru-RU");
    await end.fill(written);
    await page.getByText(`${day.toLocaleDateString("ru-RU", { month: "long" })} ${day.getFullYear()}`).waitFor();
    await end.press("Tab");
    await saved();
    expect(await end.inputValue()).toBe(written);
    expect(await page.getByLabel("Окончание: время, часы").inputValue()).toBe("23");
    await page.getByLabel("Окончание: время, часы").click();
    await page.keyboard.type("1200", { delay: 30 });
    await page
      .getByText(/по времени Europe\/Moscow/)
      .last()
      .waitFor();
    await page.getByLabel("Плавная отправка").check();
    await saved();
    await button("Действия: Когда угодно").click();
    await page.getByRole("menuitem", { name: "Удалить черновик" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Удалить" }).click();
    await page.waitForURL(/\/campaigns$/);
    await button("Вернуть").click();
    await page.getByRole("link", { name: "Когда угодно" }).waitFor();
  });

  test("a running campaign is paused, resumed, corrected, and cancelled with its number", async () => {
    await open("/campaigns");
    await page.getByRole("link", { name: "Viber, voice, SMS" }).click();
    await page.locator('[data-live="viber"] [data-counter="sent"]').waitFor();
    const demonstration = page.url();
    await page.locator('[data-link="1"][data-count]').waitFor();
    await button("Пауза").click();
    await page.locator('[data-state="paused"]').waitFor();
    await button("Продолжить").click();
    await page.locator('[data-state="running"]').waitFor();
    await page.locator('[data-row="sms_long"] button').click();
    await button("Исправить текст").click();
    const dialog = page.getByRole("dialog", { name: "Исправить текст" });
    const text = dialog.getByLabel("Новый текст");
    await text.fill((await text.inputValue()).replace("скидка", "СКИДКА"));
    await dialog.getByRole("button", { name: "Исправить" }).click();
    await page.getByText("Текст исправлен").waitFor();
    await page.getByRole("tab", { name: "Условия" }).click();
    await button("Изменить условия").click();
    await page.getByRole("dialog").getByLabel("Скорость, сообщений в секунду").fill("900");
    await button("Сохранить").click();
    await page.getByText("900 в секунду").waitFor();
    await page.getByRole("tab", { name: "Схема" }).click();
    await page.locator('[data-ending="goal"] a').waitFor();
    await button("Отменить").click();
    await page
      .getByRole("dialog")
      .getByText(/Прервётся путь \d/)
      .waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Отменить рассылку" }).click();
    await page.locator('[data-state="cancelled"]').waitFor();
    await page.getByText(/отменена, прерван/).waitFor();
    // The demonstration was launched like any other: it can be sent again.
    await button("Повторить").click();
    await page.waitForURL((to) => !to.href.startsWith(demonstration));
    await page.locator("[data-recipients]").waitFor();
    expect((await call(`/campaigns/${page.url().split("/").pop()?.split("?")[0]}`)).made_as).toBe("repeat");
  });

  test("one recipient is found by phone, and the whole walk is told", async () => {
    const campaign = await demonstrated();
    const { phone, recipient } = await reached(campaign);
    await open(`/campaigns/${campaign}?tab=recipients`);
    await page.getByLabel("Поиск").fill(phone.slice(-6));
    await button(phone).click();
    const drawer = page.getByRole("dialog", { name: "Путь получателя" });
    await drawer.locator("[data-walk] li").nth(3).waitFor();
    await drawer
      .getByText(/отправлено на/)
      .first()
      .waitFor();
    expect(page.url()).toContain(`recipient=${recipient}`);
    await drawer.getByRole("tab", { name: /Сообщения/ }).click();
    await drawer.locator("[data-phone]").waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.getByLabel("Поиск").fill("никто");
    await page.getByText("Ничего не найдено").waitFor();
    await button("Сбросить").click();
  });

  test("the recipients that are found are written to a file, and one leads to the contact's card", async () => {
    const campaign = await demonstrated();
    const { phone, recipient } = await reached(campaign);
    await open(`/campaigns/${campaign}?tab=recipients&state=goal&q=${phone.slice(-6)}`);
    await button(phone).waitFor();
    await button("Выгрузить").click();
    const dialog = page.getByRole("dialog", { name: "Выгрузка получателей" });
    await dialog.getByText(/Только найденные/).waitFor();
    await dialog.getByRole("button", { name: "Выгрузить" }).click();
    await dialog.locator('[data-task="done"]').waitFor();
    const link = dialog.getByRole("link", { name: /Скачать/ });
    const file = await context.request.get(`${program.url}${await link.getAttribute("href")}`);
    const lines = (await file.text()).trim().split(/\r?\n/);
    expect(lines[0]).toContain("Телефон");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(1)) expect(line).toContain(phone.slice(-6));
    await page.keyboard.press("Escape");
    await open(`/campaigns/${campaign}?tab=recipients&recipient=${recipient}`);
    await page.getByRole("link", { name: "Карточка контакта" }).click();
    await page.waitForURL(/\/contacts\/\d+$/);
    const telephone = page.getByRole("textbox", { name: "Телефон" });
    await telephone.waitFor();
    expect(await telephone.inputValue()).toBe(phone);
  });

  test("a mailing is one form, and a drawing of one block", async () => {
    await open("/campaigns");
    await button("Новая рассылка").click();
    await page.getByRole("menuitem", { name: /Простая рассылка/ }).click();
    await page.locator('[data-channel="sms"]').click();
    await button("К получателям").click();
    await page.getByText("Дайте рассылке название.").waitFor();
    await page.getByLabel("Название").fill("Напоминание");
    await page.getByLabel("Имя отправителя").fill("SHOP");
    await page.getByLabel("Текст сообщения").fill("Ждём вас завтра");
    // Nothing is lost when the page is left.
    await page.reload();
    await expect.poll(() => page.getByLabel("Текст сообщения").inputValue()).toBe("Ждём вас завтра");
    await page.locator('[data-checked="yes"]').waitFor();
    await button("К получателям").click();
    await page.waitForURL(/\/campaigns\/\d+$/);
    await expect.poll(count).toBeGreaterThan(0);
    await page.getByRole("link", { name: "Изменить сообщение" }).click();
    await page.getByLabel("Текст сообщения").fill("Ждём вас послезавтра");
    await page.locator('[data-checked="yes"]').waitFor();
    await button("К получателям").click();
    await page.waitForURL(/\/campaigns\/\d+$/);
    await page.getByRole("link", { name: "Открыть схему" }).click();
    await page.locator(".react-flow__node-block").filter({ hasText: "послезавтра" }).waitFor();
  });

  test("the list is searched and narrowed, and the address keeps it", async () => {
    await open("/campaigns");
    const first = page.locator("main tbody a").first();
    await page.getByRole("combobox", { name: "Порядок" }).or(page.getByLabel("Порядок")).first().click();
    await page.getByRole("option", { name: "По состоянию, от черновиков" }).click();
    await page.waitForURL(/sort=state/);
    const drafts = (await call("/campaigns?sort=state&limit=1")).items[0].name;
    await expect.poll(() => first.textContent()).toBe(drafts);
    await page.getByLabel("Поиск").fill("отложен");
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    await page.getByRole("combobox", { name: "Состояние" }).or(page.getByLabel("Состояние")).first().click();
    await page.getByRole("option", { name: "Запущено" }).click();
    await page.keyboard.press("Escape");
    await page.getByText("Ничего не найдено").waitFor();
    expect(page.url()).toContain("state=running");
    await button("Сбросить").last().click();
    await page.getByRole("link", { name: "Viber, voice, SMS", exact: true }).first().waitFor();
    expect(await page.getByLabel("Поиск").inputValue()).toBe("");
    await button("Фильтры").click();
    await page.getByRole("combobox", { name: "Тег" }).fill("осень");
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    expect(page.url()).toContain("tag=");
  });

  test("the dark look keeps its contrasts", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await open("/campaigns");
    await page.getByRole("row").nth(1).waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("link", { name: "Viber, voice, SMS", exact: true }).last().click();
    await page.locator("[data-live]").first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  for (const lang of languages) {
    test(`screens are whole in ${lang} at every width`, async () => {
      await lookAt(page, lang, 1440);
      await open("/campaigns");
      await page.locator("main a[href*='/campaigns/']").nth(1).waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(lang);
      await wholeAtAll(page, "list");
      const all = (await call("/campaigns")).items as { id: string; name: string }[];
      const launch = all.find((c) => c.name === "Отложенная")?.id;
      const campaign = await demonstrated();
      await open(`/campaigns/new?scheme=${scheme}`);
      await expect.poll(() => page.getByLabel(/Название|Name/).inputValue()).toBe("Скидка");
      await wholeAtAll(page, "new");
      await open("/campaigns/mailing");
      await page.locator('[data-channel="viber"]').click();
      await wholeAtAll(page, "mailing");
      await open(`/campaigns/${launch}`);
      await page.locator("[data-repetitions]").waitFor();
      await page.locator("[data-chart] canvas").waitFor();
      await page.locator("[data-dates-input]").first().waitFor();
      await wholeAtAll(page, "launch");
      await open(`/campaigns/${campaign}`);
      await page.locator("[data-live]").first().waitFor();
      await page.locator("[data-funnel]").waitFor();
      await wholeAtAll(page, "campaign");
      await page.getByRole("tab", { name: /Условия|Terms/ }).click();
      await page.locator("main table").first().waitFor();
      await wholeAtAll(page, "terms");
      await page.getByRole("tab", { name: /История|History/ }).click();
      await page.getByRole("tabpanel").locator("p").first().waitFor();
      await wholeAtAll(page, "history");
      const { recipient } = await reached(campaign);
      await open(`/campaigns/${campaign}?tab=recipients&recipient=${recipient}`);
      await page.locator("[data-walk] li").first().waitFor();
      await wholeAtAll(page, "recipient");
    });
  }
});
