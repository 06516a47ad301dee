import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { call, published } from "./send";

// Launches that an owner has to approve, and campaigns that a program fills, in Russian.
describe("moderation and open campaigns", () => {
  let program: Program;
  let browser: Browser;
  let owner: Page;
  let marketer: Page;
  let scheme: string;
  const wrong: string[][] = [];

  const person = async () => {
    const locale = { viewport: { width: 1440, height: 900 }, locale: "ru-RU", reducedMotion: "reduce" } as const;
    const context = await browser.newContext(locale);
    wrong.push(watch(context, program));
    return context;
  };
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const open = (page: Page, path: string) => page.goto(`${program.url}/app${path}`);
  const answer = (page: Page, path: string, data?: object) => call(page.context(), program, path, data);
  /** Makes a draft by hand. Gives its id. */
  const draft = async (page: Page, name: string, by: "list" | "api" = "list") => {
    await open(page, `/campaigns/new?scheme=${scheme}`);
    if (by === "api") await page.getByText("Через API", { exact: true }).click();
    await page.getByLabel("Название").fill(name);
    await button(page, "Продолжить").click();
    await page.waitForURL(/\/campaigns\/\d+$/);
    return page.url().split("/").at(-1) ?? "";
  };
  const sendToModeration = async (page: Page) => {
    await button(page, "Отправить на модерацию").click();
    await page.getByRole("dialog").getByRole("button", { name: "Отправить на модерацию" }).click();
    await page.locator('[data-state="moderation"]').waitFor();
  };

  beforeAll(async () => {
    program = await startProgram();
    browser = await startBrowser();
    const first: BrowserContext = await person();
    owner = await first.newPage();
    await firstSignIn(owner, program);
    scheme = await published(first, program, "Скидка");
    for (const n of [1, 2, 3]) await answer(owner, "/contacts", { phone: `+7900555001${n}`, name: `Мария ${n}` });
    const made = await answer(owner, "/invitations", { email: "anna@example.org", role: "marketer", name: "Анна" });
    const second = await person();
    const data = { code: made.one_time_link.code, password: `${password} too`, name: "Анна" };
    expect((await second.request.post(`${program.url}/api/v1/session/link`, { data })).status()).toBe(200);
    marketer = await second.newPage();
  });
  beforeEach(async () => {
    await owner.context().request.put(`${program.url}/api/v1/moderation`, { data: { needed: true } });
  });
  afterEach(() => expect(wrong.flat()).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
  });

  test("a marketer's campaign is given back with a note, sent again, and approved", async () => {
    const id = await draft(marketer, "Акция");
    await sendToModeration(marketer);
    await marketer.getByText(/ждёт решения администратора/).waitFor();
    // Who asks does not decide.
    expect(await button(marketer, "Одобрить").count()).toBe(0);
    await button(marketer, "Отозвать").click();
    await button(marketer, "Отправить на модерацию").waitFor();
    await sendToModeration(marketer);

    await open(owner, "/campaigns?state=moderation");
    await owner.getByRole("link", { name: "Акция", exact: true }).click();
    await button(owner, "Отклонить").click();
    const dialog = owner.getByRole("dialog");
    await dialog.getByLabel("Комментарий автору").fill("Уточните текст");
    await dialog.getByRole("button", { name: "Отклонить", exact: true }).click();
    await owner.getByText("«Акция» отклонена").waitFor();

    await open(marketer, `/campaigns/${id}`);
    await marketer.getByText("Уточните текст").waitFor();
    await sendToModeration(marketer);
    await open(owner, `/campaigns/${id}`);
    await button(owner, "Одобрить").click();
    await owner.getByRole("dialog").getByRole("button", { name: "Одобрить", exact: true }).click();
    await owner.getByText("«Акция» одобрена").waitFor();
    await expect.poll(async () => (await answer(owner, `/campaigns/${id}`)).state).toMatch(/scheduled|running/);
    await open(marketer, `/campaigns/${id}?tab=history`);
    for (const said of ["Запущена", "Одобрена", "Отклонена", "Отозвана с модерации"])
      await marketer.getByText(said, { exact: true }).first().waitFor();
  });

  test("an owner launches without asking anybody", async () => {
    await draft(owner, "Сразу");
    await button(owner, "Запустить").click();
    await owner.getByRole("dialog").getByRole("button", { name: "Запустить" }).click();
    await owner.locator('[data-state="scheduled"], [data-state="running"], [data-state="finished"]').waitFor();
  });

  test("an open campaign takes people through the API until it is closed", async () => {
    const id = await draft(owner, "Заказ собран", "api");
    await owner.getByLabel("Через время после прошлого входа").check();
    await owner.locator('[data-save="saved"]').waitFor();
    await owner.getByText(`/api/v1/campaigns/${id}/entries`).waitFor();
    const maria = { phone: "+79005550099", name: "Мария" };
    const enter = (...recipients: object[]) => answer(owner, `/campaigns/${id}/entries`, { recipients });
    expect((await enter(maria)).code).toBe("campaign_is_draft");
    await button(owner, "Запустить").click();
    await owner.getByRole("dialog").getByRole("button", { name: "Запустить" }).click();
    await owner.getByRole("tab", { name: "Получатели" }).click();
    await owner.getByText("Получателей пока нет").waitFor();
    const came = await enter(maria, { phone: "+79005550011" }, { phone: "12" });
    expect(came.recipients.map((r: { refused?: string }) => r.refused ?? "")).toEqual(["", "", "phone_too_short"]);
    expect((await enter(maria)).recipients[0].refused).toBe("too_soon");
    await owner.reload();
    await button(owner, "+79005550011").waitFor();
    await button(owner, maria.phone).click();
    const walk = owner.getByRole("dialog", { name: "Путь получателя" });
    await walk.locator("[data-walk] li").first().waitFor();
    await owner.keyboard.press("Escape");
    await walk.waitFor({ state: "detached" });
    await owner.getByRole("tab", { name: "Схема" }).click();
    await expect.poll(() => owner.locator('[data-stat="recipients"]').textContent()).toContain("2");
    await button(owner, "Действия: Заказ собран").click();
    await owner.getByRole("menuitem", { name: "Закрыть для новых" }).click();
    await owner.getByRole("dialog").getByRole("button", { name: "Закрыть", exact: true }).last().click();
    await owner.getByText("больше никого не принимает").waitFor();
    expect((await enter({ phone: "+79005550012" })).code).toBe("entries_closed");
  });
});
