import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, startBrowser, tell } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { lookAt, looks, signIn, whole } from "./sweep";

// Contacts as a marketer keeps them: in Russian, over the book of the demonstration.
describe("contacts", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];
  let email: string;
  let folder: string;

  beforeAll(async () => {
    program = await startProgram("--demo");
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), "kaskad-contacts-"));
    const first = await browser.newContext();
    email = await firstSignIn(await first.newPage(), program);
    await first.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: "ru-RU",
      reducedMotion: "reduce",
      acceptDownloads: true,
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
    await rm(folder, { recursive: true, force: true });
  });

  const call = async (path: string, data?: object) => {
    const address = `${program.url}/api/v1${path}`;
    const answer = await (data ? context.request.post(address, { data }) : context.request.get(address));
    return answer.json();
  };
  const open = (path: string) => page.goto(`${program.url}/app${path}`);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const dialog = () => page.getByRole("dialog");
  const inDialog = (name: string) => dialog().getByRole("button", { name, exact: true });
  const told = (text: string | RegExp) => page.getByRole("alert").filter({ hasText: text }).last().waitFor();
  const nothing = () => page.getByRole("heading", { name: "Ничего не найдено" });
  const choice = (name: string) => page.getByRole("combobox", { name });
  const rows = () => page.locator("tbody tr");
  /** A new contact of its own for a test. Gives its id. */
  const person = async (name: string, phone: string) => (await call("/contacts", { name, phone })).id as string;
  /** The refusals that a test provokes are answers that a browser writes to its console. */
  const forgive = (status: string) => {
    const all = wrong.splice(0);
    expect(all.filter((w) => !w.includes(status))).toEqual([]);
  };

  test("the book is searched, filtered and ordered, with the columns that one wants", async () => {
    await open("/");
    await page.waitForURL(/\/cascades$/);
    await page.getByRole("link", { name: "Контакты" }).click();
    await page.getByText("50 из 9 500").waitFor();
    await page.getByLabel("Поиск").fill("Неткого Такого");
    await nothing().waitFor();
    await page.getByRole("main").getByRole("button", { name: "Сбросить" }).last().click();
    await page.getByText("50 из 9 500").waitFor();
    await button("Показать ещё").click();
    await page.getByText("100 из 9 500").waitFor();
    await button("Условие").click();
    await button("Добавить условие").click();
    await choice("Значение условия 1").fill("vip");
    await expect.poll(() => page.url()).toContain("filter=");
    const found = await page.getByText(/Подходит контактов/).textContent();
    expect(found).not.toMatch(/9.?500/);
    // A mistake stands beside the text, and the list stays as it was.
    await page.getByText("Текстом", { exact: true }).click();
    await page.getByRole("textbox", { name: "Условие" }).fill('nam == "Анна"');
    await page.getByText(/Поля nam нет/).waitFor();
    expect(await rows().count()).toBe(50);
    forgive("422");
    await page.getByRole("textbox", { name: "Условие" }).fill('attributes.city == "Омск"');
    await page.getByText(/Подходит контактов/).waitFor();
    await page.keyboard.press("Escape");
    await button("Ещё").click();
    await page.getByRole("menuitem", { name: "Столбцы" }).click();
    await dialog().getByLabel("city").check();
    await inDialog("Закрыть").last().click();
    await page.getByRole("cell", { name: "Омск" }).first().waitFor();
    await page.reload();
    await page.getByRole("cell", { name: "Омск" }).first().waitFor();
    await page.getByRole("combobox", { name: "Порядок" }).click();
    await page.getByRole("option", { name: "По имени", exact: true }).click();
    await expect.poll(() => rows().first().textContent()).toMatch(/^А/);
  });

  test("a contact is added, its card changed, and what is wrong stands beside the field", async () => {
    await open("/contacts");
    await button("Добавить контакт").click();
    await dialog().getByLabel("Имя").fill("Пётр Проверкин");
    await dialog().getByLabel("Телефон").fill("12");
    await inDialog("Добавить").click();
    await expect.poll(() => dialog().getByLabel("Телефон").getAttribute("aria-invalid")).toBe("true");
    forgive("422");
    await dialog().getByLabel("Телефон").fill("8 900 111-22-33");
    await inDialog("Добавить").click();
    await page.waitForURL(/\/contacts\/\d+$/);
    await expect.poll(() => page.getByLabel("Телефон").inputValue()).toBe("+79001112233");
    await page.getByLabel("Эл. почта").fill("not an address");
    await page.getByLabel("ВКонтакте").fill("id12345");
    await button("Сохранить").click();
    await expect.poll(() => page.getByLabel("Эл. почта").getAttribute("aria-invalid")).toBe("true");
    expect(await page.getByLabel("ВКонтакте").inputValue()).toBe("id12345");
    forgive("422");
    await page.getByLabel("Эл. почта").fill("petr@example.org");
    await choice("Свой часовой пояс").click();
    await choice("Свой часовой пояс").fill("Omsk");
    await page.getByRole("option", { name: "Asia/Omsk" }).click();
    await button("Сохранить").click();
    await page.getByText("задан у контакта").waitFor();
    // What is typed and not saved is not left without a word.
    await page.getByLabel("Эл. почта").fill("petr@example.com");
    await page.getByRole("link", { name: "Рассылки" }).click();
    await inDialog("Остаться").click();
    expect(await page.getByLabel("Эл. почта").inputValue()).toBe("petr@example.com");
    await button("Как было").click();
    await button("Записать согласие").click();
    await dialog().getByLabel(/текст/).fill("Согласен на рекламу");
    await dialog().getByLabel("Где получено").fill("касса");
    await inDialog("Сохранить").click();
    await page.getByText("действует", { exact: true }).waitFor();
    await button("Отозвать").click();
    await inDialog("Отозвать").click();
    await page.getByText("отозвано", { exact: true }).first().waitFor();
    await button("Добавить в группу").click();
    await dialog().getByLabel("Название группы").fill("Друзья");
    await inDialog("Добавить в группу").click();
    await page.getByRole("link", { name: "Друзья" }).waitFor();
    await page.getByRole("link", { name: "Контакты" }).last().click();
    await page.getByLabel("Поиск").fill("Проверкин");
    await page.getByRole("link", { name: "Пётр Проверкин" }).waitFor();
  });

  test("contacts are deleted and brought back, two become one, a person is erased", async () => {
    const [one, two] = [await person("Двойник Первый", "+79001110001"), await person("Двойник Второй", "+79001110002")];
    await open("/contacts?q=Двойник");
    await expect.poll(() => rows().count()).toBe(2);
    await page.getByLabel("Выбрать все").check();
    await button("Удалить").click();
    await inDialog("Удалить").click();
    await nothing().waitFor();
    await button("Вернуть").click();
    await expect.poll(() => rows().count()).toBe(2);
    await page.getByLabel("Выбрать все").check();
    await button("Объединить").click();
    await dialog().getByLabel("Двойник Первый").check();
    await inDialog("Объединить").click();
    await expect.poll(() => rows().count()).toBe(1);
    expect((await call(`/contacts/${two}`)).code).toBe("contact_merged");
    await page.getByRole("link", { name: "Двойник Первый" }).click();
    await button("Удалить").click();
    await inDialog("Удалить").click();
    await page.waitForURL(/\/contacts$/);
    await page.getByRole("link", { name: "Корзина" }).click();
    await page
      .getByRole("row", { name: /Двойник Первый/ })
      .getByRole("button", { name: "Вернуть" })
      .click();
    await page.getByText("Корзина пуста").waitFor();
    await open(`/contacts/${one}`);
    await button("Стереть данные").click();
    expect(await inDialog("Стереть навсегда").isDisabled()).toBe(true);
    await dialog().getByLabel("Понимаю, что вернуть это нельзя").check();
    await inDialog("Стереть навсегда").click();
    await page.waitForURL(/\/contacts$/);
    expect((await call(`/contacts/${one}`)).status).toBe(404);
  });

  test("a file is imported: settings proposed, a bad line refused, the refused lines handed over", async () => {
    const file = join(folder, "new.csv");
    const lines = ["Телефон;Имя;Город", "89002220001;Инга;Тула", "12;Кривой;Тула", ";Без Телефона;Тверь"];
    await writeFile(file, lines.join("\n"));
    await open("/contacts");
    await page.getByRole("link", { name: "Загрузить файл" }).click();
    await page.getByRole("button", { name: "Выбрать файл" }).waitFor();
    await page.locator("input[type=file]").setInputFiles(file);
    await page.waitForURL(/imports\/\d+$/);
    await page
      .getByText(/^Отклонена:/)
      .first()
      .waitFor();
    expect(await choice("Что в столбце «Телефон»").inputValue()).toBe("Телефон");
    await choice("Что в столбце «Город»").click();
    await page.getByRole("option", { name: "Пропустить" }).click();
    await page.getByLabel("Страна телефонов без кода").fill("QQ");
    await page.getByText(/Нет страны QQ/).waitFor();
    forgive("422");
    await page.getByLabel("Страна телефонов без кода").fill("RU");
    await choice("Теги для всех").fill("загрузка");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("[data-start]").isEnabled()).toBe(true);
    await page.locator("[data-start]").click();
    await page.locator('[data-task="done"]').waitFor();
    expect(await page.locator('[data-count="added"]').textContent()).toContain("1");
    expect(await page.locator('[data-count="refused"]').textContent()).toContain("2");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: /Скачать refused/ }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("refused.csv");
    await open("/contacts?q=Инга");
    await page.getByRole("cell", { name: "загрузка" }).waitFor();
  });

  test("groups are made, filled with all who fit, exported and deleted", async () => {
    await open("/contacts/groups");
    await button("Новая группа").click();
    await dialog().getByLabel("Название группы").fill("Омичи");
    await inDialog("Сохранить").click();
    await page.getByRole("link", { name: "Омичи" }).waitFor();
    await open(`/contacts?filter=${encodeURIComponent('attributes.city == "Омск"')}`);
    await rows().first().waitFor();
    await button("Ещё").click();
    await page.getByRole("menuitem", { name: "Найденных — в группу" }).click();
    await dialog().getByLabel("Какая группа").click();
    await page.getByRole("option", { name: /Омичи/ }).click();
    await inDialog("Добавить в группу").click();
    await page.locator('[data-task="done"]').waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Группы" }).click();
    await page.getByRole("link", { name: "Омичи" }).click();
    await rows().first().waitFor();
    await button("Ещё").click();
    await page.getByRole("menuitem", { name: "Выгрузить найденных" }).click();
    await inDialog("Выгрузить").click();
    await page.locator('[data-task="done"]').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: /Скачать/ }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.csv$/);
    await open("/contacts/groups");
    const row = page.getByRole("row", { name: /Омичи/ });
    await row.getByRole("button", { name: "Переименовать" }).click();
    await dialog().getByLabel("Название группы").fill("Из Омска");
    await inDialog("Сохранить").click();
    const renamed = page.getByRole("row", { name: /Из Омска/ });
    await renamed.getByRole("button", { name: "Удалить" }).click();
    await inDialog("Удалить").click();
    await told(/удалена/);
    await expect.poll(() => renamed.count()).toBe(0);
    // It can be had back: from the notice at once, from the list of the deleted ones for thirty days.
    await page.getByRole("alert").getByRole("button", { name: "Вернуть" }).click();
    await told(/возвращена/);
    await renamed.waitFor();
    await renamed.getByRole("button", { name: "Удалить" }).click();
    await inDialog("Удалить").click();
    await expect.poll(() => renamed.count()).toBe(0);
    await page.getByText("Удалённые", { exact: true }).click();
    await renamed.getByRole("button", { name: "Вернуть" }).click();
    await page.getByText("Удалённых групп нет").waitFor();
    await page.getByRole("radiogroup").getByText("Группы", { exact: true }).click();
    await page.getByRole("link", { name: "Из Омска" }).waitFor();
  });

  test("the stop list takes addresses and gives them back", async () => {
    await open("/contacts/stops");
    await button("Добавить").click();
    await dialog().getByLabel("Телефоны или адреса").fill("+79005550101\nне телефон!");
    await dialog().getByLabel("Причина").fill("просил по телефону");
    await inDialog("Добавить").click();
    await dialog().getByText("Добавлено: 1.").waitFor();
    await dialog().getByText("не телефон!").waitFor();
    await inDialog("Закрыть").last().click();
    await page.getByLabel("Поиск").fill("+79005550101");
    await expect.poll(() => rows().count()).toBe(1);
    await rows().first().getByRole("button", { name: "Убрать" }).click();
    await dialog().getByLabel("Почему").fill("передумал");
    await inDialog("Убрать").click();
    await nothing().waitFor();
    await page.getByText("Убранные", { exact: true }).click();
    await rows().first().getByRole("button", { name: "Вернуть" }).click();
    await page.getByText("В списке", { exact: true }).click();
    await page.getByRole("cell", { name: "просил по телефону" }).waitFor();
  });

  test("the account's own fields are made and deleted", async () => {
    await open("/contacts/attributes");
    await button("Новое поле").click();
    await dialog().getByLabel("Название").fill("Карта");
    await dialog().getByLabel("Ключ").fill("Card!");
    await dialog().getByLabel("Тип").click();
    await page.getByRole("option", { name: "Выбор" }).click();
    await dialog().getByLabel("Варианты").fill("золотая");
    await page.keyboard.press("Enter");
    await inDialog("Сохранить").click();
    await expect.poll(() => dialog().getByLabel("Ключ").getAttribute("aria-invalid")).toBe("true");
    forgive("422");
    await dialog().getByLabel("Ключ").fill("card");
    await inDialog("Сохранить").click();
    const row = page.getByRole("row", { name: /attributes\.card/ });
    await row.getByRole("button", { name: "Удалить" }).click();
    await inDialog("Удалить").click();
    await page.locator('[data-task="done"]').waitFor();
    await expect.poll(() => row.count()).toBe(0);
  });

  test("the dark look keeps its contrasts", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await open("/contacts");
    await rows().nth(1).waitFor();
    await page.getByLabel("Выбрать все").check();
    expect(await barriers(page)).toEqual([]);
  });

  for (const { lang, width } of looks) {
    test(`screens are whole in ${lang} at ${width} pixels`, async () => {
      await lookAt(page, lang, width);
      const { items } = await call("/contacts?limit=1");
      const end = items[0].phone.slice(-7);
      const upload = await context.request.post(`${program.url}/api/v1/imports?kind=contacts&name=a.csv`, {
        headers: { "Content-Type": "application/octet-stream" },
        data: Buffer.from("Phone;City\n89003330001;Tula\n12;Tula"),
      });
      const draft = (await upload.json()).id;
      const screens: [string, string, string][] = [
        ["list", `/contacts?q=${end}`, `a[href$='${items[0].id}']`],
        ["card", `/contacts/${items[0].id}`, "form"],
        ["groups", "/contacts/groups", "main h2, main table, main ul"],
        ["stops", "/contacts/stops?q=%2B7904", "main h2, main table, main ul"],
        ["imports", "/contacts/imports", `a[href$='${draft}']`],
        ["new", "/contacts/imports/new", "input[type=file]"],
        ["draft", `/contacts/imports/${draft}`, "main table tbody tr"],
        ["doubles", "/contacts/doubles", "main h2, main table, main ul"],
        ["attributes", "/contacts/attributes", "main h2, main table, main ul"],
        ["bin", "/contacts/bin", "main h2, main table, main ul"],
      ];
      for (const [name, path, sign] of screens) {
        await open(path);
        await page.locator(sign).first().waitFor({ state: "attached" });
        await whole(page, name);
      }
      expect(await page.locator("html").getAttribute("lang")).toBe(lang);
    });
  }
});
