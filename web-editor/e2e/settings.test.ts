import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { barriers, startBrowser, tell } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { lookAt, looks, signIn, whole } from "./sweep";

// Settings as an owner keeps them, in Russian.
describe("settings", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];
  let email: string;
  let folder: string;

  beforeAll(async () => {
    program = await startProgram();
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), "kaskad-settings-"));
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
    await rm(folder, { recursive: true, force: true });
  });

  const open = (path: string) => page.goto(`${program.url}/app${path}`);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const dialog = () => page.getByRole("dialog");
  const inDialog = (name: string) => dialog().getByRole("button", { name, exact: true });
  const saved = () => page.getByText("Сохранено").first().waitFor();
  /** The refusals that a test provokes are answers that a browser writes to its console. */
  const forgive = (status: string) => {
    const all = wrong.splice(0);
    expect(all.filter((w) => !w.includes(status))).toEqual([]);
  };
  const secret = async () => dialog().locator("[data-secret]").inputValue();

  test("the account's settings are changed, and a mistake stands beside its field", async () => {
    await open("/");
    await page.waitForURL(/\/cascades$/);
    await page.getByRole("link", { name: "Настройки" }).click();
    await page.waitForURL(/settings\/account$/);
    await page.getByLabel("Страна").fill("Q");
    await page.getByLabel("Рассылок на человека в день, не больше").fill("3");
    await button("Сохранить").click();
    await expect.poll(() => page.getByLabel("Страна").getAttribute("aria-invalid")).toBe("true");
    forgive("422");
    await page.getByLabel("Страна").fill("KZ");
    await page.getByLabel("Свои стоп-слова").check();
    await page.getByRole("combobox", { name: "Стоп-слова" }).fill("хватит");
    await page.keyboard.press("Enter");
    await page.getByLabel("Ограничить время отправки").check();
    await button("Сохранить").click();
    await saved();
    await page.reload();
    await expect.poll(() => page.getByLabel("Страна").inputValue()).toBe("KZ");
    expect(await page.getByLabel("Рассылок на человека в день, не больше").inputValue()).toBe("3");
    await page.getByText("хватит").waitFor();
    await page.getByLabel("Запуск рассылок одобряет администратор").check();
    await saved();
  });

  test("somebody is invited by a link, comes in, sees less, and is removed", async () => {
    await open("/settings/users");
    await button("Пригласить").click();
    await dialog().getByLabel("Эл. почта").fill("anna@example.org");
    await dialog().getByLabel("Роль").click();
    await page.getByRole("option", { name: "Аналитик" }).click();
    await inDialog("Создать ссылку").click();
    await dialog().locator("[data-secret]").waitFor();
    const link = new URL(await secret());
    await inDialog("Готово").click();
    await page.getByRole("cell", { name: "anna@example.org" }).waitFor();

    const other = await browser.newContext({ locale: "ru-RU", viewport: { width: 1440, height: 900 } });
    const used = await other.request.post(`${program.url}/api/v1/session/link`, {
      data: { code: link.searchParams.get("code"), password: `${password} too`, name: "Анна" },
    });
    expect(used.status()).toBe(200);
    const hers = await other.newPage();
    await hers.goto(`${program.url}/app/settings`);
    await hers.waitForURL(/settings\/account$/);
    expect(await hers.getByRole("link", { name: "Пользователи" }).count()).toBe(0);
    expect(await hers.getByRole("link", { name: "Журнал" }).count()).toBe(0);
    await hers.getByLabel("Название").waitFor();
    expect(await hers.getByRole("button", { name: "Сохранить" }).count()).toBe(0);
    expect(await hers.getByRole("button", { name: /Закрыть аккаунт/ }).count()).toBe(0);
    await hers.goto(`${program.url}/app/contacts`);
    await hers.getByText("Контактов пока нет").waitFor();
    expect(await hers.getByRole("button", { name: "Добавить контакт" }).count()).toBe(0);
    await other.close();

    await page.reload();
    const row = page.getByRole("row", { name: /anna@example\.org/ });
    await row.getByRole("button", { name: "Сменить роль" }).click();
    await dialog().getByLabel("Роль").click();
    await page.getByRole("option", { name: "Маркетолог" }).click();
    await inDialog("Сохранить").click();
    await row.getByText("Маркетолог").waitFor();
    await row.getByRole("button", { name: "Ссылка для пароля" }).click();
    await dialog().locator("[data-secret]").waitFor();
    expect(await secret()).toContain("code=");
    await inDialog("Готово").click();
    await row.getByRole("button", { name: "Убрать" }).click();
    await inDialog("Убрать").click();
    await expect.poll(() => row.count()).toBe(0);
  });

  test("a token is made, shown once, works, and is revoked", async () => {
    await open("/settings/tokens");
    await button("Создать токен").click();
    await dialog().getByLabel("Для чего").fill("Магазин");
    await dialog()
      .getByLabel(/Смотреть контакты/)
      .check();
    await inDialog("Создать токен").click();
    await dialog().locator("[data-secret]").waitFor();
    const headers = { Authorization: `Bearer ${await secret()}` };
    const outside = await browser.newContext();
    const ask = async () => (await outside.request.get(`${program.url}/api/v1/contacts`, { headers })).status();
    expect(await ask()).toBe(200);
    await inDialog("Готово").click();
    const row = page.getByRole("row", { name: /Магазин/ });
    await row.getByText("Смотреть контакты").waitFor();
    expect(await page.locator("[data-secret]").count()).toBe(0);
    await row.getByRole("button", { name: "Отозвать" }).click();
    await inDialog("Отозвать").click();
    await page.getByText("Токенов пока нет").waitFor();
    expect(await ask()).toBe(401);
    await outside.close();
  });

  test("the log tells what was done, and is filtered", async () => {
    await open("/settings/audit");
    await page.getByRole("cell", { name: "Вход" }).first().waitFor();
    await page.getByRole("combobox", { name: "Что" }).click();
    await page.getByRole("option", { name: "Токены" }).click();
    await page.getByText("Токен отозван").waitFor();
    await expect.poll(() => page.getByRole("cell", { name: "Вход" }).count()).toBe(0);
    await page.getByLabel("По", { exact: true }).fill("1.1.2020");
    await page.keyboard.press("Tab");
    await expect.poll(() => page.getByLabel("По", { exact: true }).inputValue()).toBe("01.01.2020");
    await page.getByText("Ничего не найдено").waitFor();
    await button("Сбросить").last().click();
    await page.getByRole("cell", { name: "Вход" }).first().waitFor();
    // It is found by the words that stand there, and what changed is told in words too.
    await page.getByLabel("Поиск").fill("роль изменена");
    await page.getByRole("cell", { name: /Роль изменена/ }).waitFor();
    await page.getByText("Роль: Аналитик → Маркетолог").waitFor();
    await expect.poll(() => page.getByRole("cell", { name: /^Вход/ }).count()).toBe(0);
    await page.getByLabel("Поиск").fill("настройки пояс");
    await page.getByText(/Страна: RU → KZ/).waitFor();
    await page.getByLabel("Поиск").fill("анна рассылка");
    await page.getByText("Ничего не найдено").waitFor();
  });

  test("a person changes the own name and password, and ends another session", async () => {
    const other = await browser.newContext();
    await signIn(other, program.url, email, password);
    await open("/settings/me");
    await page.getByLabel("Имя").fill("Вера");
    await button("Сохранить").click();
    await button("Вера").waitFor();
    expect(await button("Завершить").count()).toBeGreaterThan(0);
    await page.getByLabel("Нынешний пароль", { exact: true }).fill("wrong password here");
    await page.getByLabel("Новый пароль", { exact: true }).fill("another long password");
    await button("Сменить пароль").click();
    await page.getByText("Это не ваш нынешний пароль.").waitFor();
    forgive("422");
    await page.getByLabel("Поиск").fill("chrome 127.0.0.1");
    await button("Завершить").first().waitFor();
    await page.getByLabel("Поиск").fill("netscape");
    await page.getByText("Ничего не найдено").waitFor();
    await button("Сбросить").last().click();
    await button("Завершить").first().waitFor();
    while ((await button("Завершить").count()) > 0) {
      const before = await button("Завершить").count();
      await button("Завершить").first().click();
      await expect.poll(() => button("Завершить").count()).toBeLessThan(before);
    }
    expect((await other.request.get(`${program.url}/api/v1/session`)).status()).toBe(401);
    await other.close();
  });

  test("a numbering plan is loaded and deleted", async () => {
    const file = join(folder, "DEF-9xx.csv");
    const rows = ["АВС/ DEF;От;До;Емкость;Оператор;Регион", "900;0000000;0099999;100000;ООО;Омская обл."];
    await writeFile(file, rows.join("\n"));
    await open("/settings/numbering");
    await page.getByText(/План не загружен/).waitFor();
    forgive("404");
    await page.locator("input[type=file]").setInputFiles(file);
    await page.locator("[data-plan]").waitFor();
    expect(await page.locator("[data-plan]").textContent()).toContain("DEF-9xx.csv");
    await button("Удалить").click();
    await inDialog("Удалить").click();
    await page.getByText(/План не загружен/).waitFor();
    forgive("404");
  });

  for (const { lang, width } of looks) {
    test(`screens are whole in ${lang} at ${width} pixels`, async () => {
      await lookAt(page, lang, width);
      for (const [name, sign] of [
        ["account", "form"],
        ["users", "main table, main ul"],
        ["tokens", "main h2, main table"],
        ["numbering", "input[type=file]"],
        ["audit", "main table, main ul"],
        ["me", "form"],
      ] as const) {
        await open(`/settings/${name}`);
        await page.locator(sign).first().waitFor({ state: "attached" });
        await whole(page, name);
      }
      forgive("404");
      if (width === 1440) await page.emulateMedia({ colorScheme: "dark" });
      expect(await barriers(page)).toEqual([]);
    });
  }

  // The last one: nobody gets in afterwards.
  test("the account is closed by whoever writes its name", async () => {
    await open("/settings/account");
    await button("Закрыть аккаунт…").click();
    expect(await inDialog("Закрыть аккаунт").isDisabled()).toBe(true);
    const name = (await dialog().getByRole("heading").textContent())?.replace(/^.*«(.*)».*$/, "$1") ?? "";
    await dialog()
      .getByLabel(/Чтобы подтвердить/)
      .fill(name);
    await inDialog("Закрыть аккаунт").click();
    await page.waitForURL(/sign-in/);
  });
});
