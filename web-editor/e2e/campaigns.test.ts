import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, startBrowser } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { lookAt, looks, signIn, whole } from "./sweep";

// Campaigns as a marketer makes and watches them: in Russian, over the book and the running campaign of the demonstration.
describe("campaigns", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];
  let email: string;
  let scheme: string;

  beforeAll(async () => {
    program = await startProgram("--demo");
    browser = await startBrowser();
    const first = await browser.newContext();
    email = await firstSignIn(await first.newPage(), program);
    scheme = await published(first, "Скидка");
    const { items } = await call(first, "/contacts?limit=3");
    const addresses = items.map((c: { phone: string }) => c.phone);
    await call(first, "/stops", { addresses, reason: "просили" });
    const version = (await call(first, `/schemes/${scheme}`)).published.version;
    await call(first, "/campaigns", {
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

  const call = async (c: BrowserContext, path: string, data?: object) => {
    const address = `${program.url}/api/v1${path}`;
    const answer = await (data ? c.request.post(address, { data }) : c.request.get(address));
    return answer.json();
  };
  /** Makes and publishes a cascade of two messages. Gives its id. */
  const published = async (c: BrowserContext, name: string): Promise<string> => {
    const document = {
      kind: "cascade",
      name,
      nodes: [
        {
          id: "v",
          type: "viber",
          name: "Viber",
          x: 80,
          y: 60,
          config: { sender: "SHOP", text: "Скидка", decision_time: "2h" },
        },
        { id: "s", type: "sms", name: "Запасная", x: 80, y: 260, config: { sender: "SHOP", text: "Скидка 20%" } },
      ],
      links: [{ id: "1", from: "v", to: "s", type: "status", value: "not_delivered" }],
    };
    const made = await call(c, "/schemes", { document });
    await c.request.post(`${program.url}/api/v1/schemes/${made.id}/publish`, {
      headers: { "If-Match": `"${made.revision}"` },
      data: {},
    });
    return made.id;
  };
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
  /** Somebody who has reached a goal of a campaign; the demonstration needs some seconds for the first. */
  const reached = async (campaign: string): Promise<{ phone: string; recipient: number }> => {
    const people = async () => (await call(context, `/campaigns/${campaign}/recipients?limit=1&state=goal`)).items;
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
    await page.getByLabel("Время", { exact: true }).fill("09:30");
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
    await page.getByLabel("Окончание", { exact: true }).fill("2027-01-01T00:00");
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
  });

  test("one recipient is found by phone, and the whole walk is told", async () => {
    const list = await call(context, "/campaigns?q=Viber%2C%20voice%2C%20SMS");
    const campaign = list.items.find((c: { made_as?: string }) => !c.made_as).id;
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

  test("an open campaign takes people through the API", async () => {
    await open(`/campaigns/new?scheme=${scheme}`);
    await page.getByText("Через API", { exact: true }).click();
    await page.getByLabel("Название").fill("Заказ собран");
    await button("Продолжить").click();
    await page.waitForURL(/\/campaigns\/\d+$/);
    await page.getByLabel("Через время после прошлого входа").check();
    await saved();
    const id = page.url().split("/").at(-1);
    await page.getByText(`/api/v1/campaigns/${id}/entries`).waitFor();
    await button("Запустить").click();
    await page.getByRole("dialog").getByRole("button", { name: "Запустить" }).click();
    await page.getByRole("tab", { name: "Получатели" }).click();
    await page.getByText("Получателей пока нет").waitFor();
    await call(context, `/campaigns/${id}/entries`, { recipients: [{ phone: "+79005550011", name: "Мария" }] });
    await page.reload();
    await button("+79005550011").waitFor();
    await button("Действия: Заказ собран").click();
    await page.getByRole("menuitem", { name: "Закрыть для новых" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Закрыть", exact: true }).last().click();
    await page.getByText("больше никого не принимает").waitFor();
  });

  test("the list is searched and narrowed, and the address keeps it", async () => {
    await open("/campaigns");
    await page.getByLabel("Поиск").fill("отложен");
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    await page.getByRole("combobox", { name: "Состояние" }).or(page.getByLabel("Состояние")).first().click();
    await page.getByRole("option", { name: "Запущено" }).click();
    await page.keyboard.press("Escape");
    await page.getByText("Ничего не найдено").waitFor();
    expect(page.url()).toContain("state=running");
    await button("Сбросить").last().click();
    await page.getByRole("link", { name: "Viber, voice, SMS", exact: true }).waitFor();
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
    await page.getByRole("link", { name: "Viber, voice, SMS", exact: true }).click();
    await page.locator("[data-live]").first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  for (const { lang, width } of looks) {
    test(`screens are whole in ${lang} at ${width} pixels`, async () => {
      await lookAt(page, lang, width);
      await open("/campaigns");
      await page.locator("main a[href*='/campaigns/']").nth(1).waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(lang);
      await whole(page, "list");
      const all = (await call(context, "/campaigns")).items as { id: string; state: string; name: string }[];
      const id = (name: string) => all.find((c) => c.name === name)?.id;
      await open(`/campaigns/new?scheme=${scheme}`);
      await expect.poll(() => page.getByLabel(/Название|Name/).inputValue()).toBe("Скидка");
      await whole(page, "new");
      await open("/campaigns/mailing");
      await page.locator('[data-channel="viber"]').click();
      await whole(page, "mailing");
      await open(`/campaigns/${id("Отложенная")}`);
      await page.locator("[data-repetitions]").waitFor();
      await page.locator("[data-chart] canvas").waitFor();
      await whole(page, "launch");
      const over = `/campaigns/${id("Viber, voice, SMS")}`;
      await open(over);
      await page.locator("[data-live]").first().waitFor();
      await page.locator("[data-funnel]").waitFor();
      await whole(page, "campaign");
      await open(`${over}?tab=terms`);
      await page.locator("main table").waitFor();
      await whole(page, "terms");
      await open(`${over}?tab=history`);
      await page.getByRole("tabpanel").locator("p").first().waitFor();
      await whole(page, "history");
      const { recipient } = await reached(id("Viber, voice, SMS") ?? "");
      await open(`${over}?tab=recipients&recipient=${recipient}`);
      await page.locator("[data-walk] li").first().waitFor();
      await whole(page, "recipient");
    });
  }
});
