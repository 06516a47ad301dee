import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser, tell } from "./browser";
import { firstSignIn, password, watch } from "./office";
import { type Program, startProgram } from "./program";
import { lookAt, looks, signIn, whole } from "./sweep";

// The least that is taken for a picture of one point.
const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

/** A second of silence. */
function silence(): Buffer {
  const data = Buffer.alloc(16_000, 128);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  for (const [at, n] of [[16, 16] as const, [24, 16_000] as const, [28, 16_000] as const, [40, data.length] as const])
    head.writeUInt32LE(n, at);
  for (const [at, n] of [[20, 1] as const, [22, 1] as const, [32, 1] as const, [34, 8] as const])
    head.writeUInt16LE(n, at);
  head.write("data", 36);
  return Buffer.concat([head, data]);
}

const scheme = (type: string, config: object) => ({
  document: {
    kind: "cascade",
    name: `Файлы ${type}`,
    nodes: [{ id: "b", type, name: "Блок", x: 80, y: 80, config }],
    links: [],
  },
});

describe("files and the first steps", () => {
  let program: Program;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];
  let email: string;

  beforeAll(async () => {
    program = await startProgram();
    browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
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

  /** Opens a cascade of one block, and its settings. */
  const open = async (type: string, config: object) => {
    const made = await context.request.post(`${program.url}/api/v1/schemes`, { data: scheme(type, config) });
    const { id } = await made.json();
    await page.goto(`${program.url}/app/cascades/${id}`);
    await page.locator(".react-flow__node-block").first().click();
    return id as string;
  };
  const saved = () => page.locator('[data-save="saved"]').waitFor();
  const image = (label: string, file: { name: string; mimeType: string; buffer: Buffer }) =>
    page.getByRole("group", { name: label }).locator("input[type=file]").setInputFiles(file);

  test("a picture is uploaded, seen, taken away and chosen again", async () => {
    await open("viber", { sender: "SHOP", format: "image" });
    await image("Картинка", { name: "Скидка.png", mimeType: "image/png", buffer: dot });
    const field = page.getByRole("textbox", { name: "Картинка" });
    await expect.poll(() => field.inputValue()).toBe("Скидка.png");
    await page.getByRole("img", { name: "Скидка.png" }).waitFor();
    const shown = () => page.getByRole("img", { name: "Скидка.png" }).evaluate((i: HTMLImageElement) => i.naturalWidth);
    await expect.poll(shown).toBe(1);
    await page.getByRole("button", { name: "Убрать файл" }).click();
    await expect.poll(() => field.inputValue()).toBe("");
    await page.getByRole("group", { name: "Картинка" }).getByRole("button", { name: "Выбрать" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Поиск по названию" }).fill("скид");
    await page.getByRole("dialog").getByRole("button", { name: "Выбрать «Скидка.png»" }).click();
    await expect.poll(() => field.inputValue()).toBe("Скидка.png");
    await saved();
  });

  test("what is no picture is refused beside the field, and a file that is used is not deleted", async () => {
    await open("viber", { sender: "SHOP", format: "image", image: "Скидка.png" });
    await image("Картинка", { name: "a.png", mimeType: "image/png", buffer: Buffer.from("<svg onload='alert(1)'/>") });
    await page.getByRole("alert").filter({ hasText: "не звук" }).waitFor();
    await image("Картинка", { name: "b.wav", mimeType: "audio/wav", buffer: silence() });
    await page.getByRole("alert").filter({ hasText: "«b.wav» — звук" }).waitFor();
    await page.getByRole("group", { name: "Картинка" }).getByRole("button", { name: "Выбрать" }).click();
    await page.getByRole("button", { name: "Удалить «Скидка.png»" }).click();
    await page
      .getByRole("dialog", { name: /Удалить/ })
      .getByRole("button", { name: "Удалить" })
      .click();
    await page.getByText("используется в схемах").waitFor();
    // The browser tells of the answers that were refusals.
    expect(wrong.splice(0).every((w) => /415|409/.test(w))).toBe(true);
  });

  test("a sound is dropped, played, and a voice is recorded, heard and kept", async () => {
    await open("voice", { sender: "78001234567", audio: "" });
    const group = page.getByRole("group", { name: "Аудиофайл" });
    const bytes = silence().toString("base64");
    const drop = await page.evaluateHandle((b64) => {
      const data = new DataTransfer();
      data.items.add(
        new File([Uint8Array.from(atob(b64), (c) => c.charCodeAt(0))], "Тишина.wav", { type: "audio/wav" }),
      );
      return data;
    }, bytes);
    await group.dispatchEvent("drop", { dataTransfer: drop });
    const field = page.getByRole("textbox", { name: "Аудиофайл" });
    // The content is the one that an earlier test brought: the account has it once, under that name.
    await expect.poll(() => field.inputValue()).toBe("b.wav");
    const player = group.locator("audio");
    await expect.poll(() => player.evaluate((a: HTMLAudioElement) => Math.round(a.duration))).toBe(1);
    await player.evaluate((a: HTMLAudioElement) => a.play());
    await expect.poll(() => player.evaluate((a: HTMLAudioElement) => a.ended)).toBe(true);

    await group.getByRole("button", { name: "Записать" }).click();
    await group.getByRole("button", { name: "Начать" }).click();
    await expect.poll(() => group.getByRole("timer").textContent(), { timeout: 10_000 }).toContain("0:01");
    await group.getByRole("button", { name: "Стоп" }).click();
    const heard = group.getByLabel("Прослушать запись");
    await heard.waitFor();
    await expect.poll(() => heard.evaluate((a: HTMLAudioElement) => a.readyState)).toBeGreaterThan(0);
    await group.getByRole("button", { name: "Сохранить" }).click();
    await expect.poll(() => field.inputValue()).toMatch(/^Запись .*\.(webm|ogg|m4a)$/);
    await expect.poll(() => group.locator("audio").evaluate((a: HTMLAudioElement) => a.readyState)).toBeGreaterThan(0);
    await saved();
  });

  test("a microphone that is refused is told of", async () => {
    await context.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    });
    await open("voice", { sender: "78001234567", recording: "" });
    const group = page.getByRole("group", { name: "Запись", exact: true });
    await group.getByRole("button", { name: "Записать" }).click();
    await group.getByRole("button", { name: "Начать" }).click();
    await group.getByRole("alert").filter({ hasText: "не разрешили" }).waitFor();
  });

  test("the first steps lead to places, are put away and found again", async () => {
    await page.goto(`${program.url}/app/cascades`);
    const steps = page.getByRole("region", { name: "Первые шаги" });
    const taken = (step: string) => steps.locator(`[data-step=${step}]`).getAttribute("data-taken");
    await steps.waitFor();
    await steps.getByRole("button", { name: "Выбрать шаблон" }).click();
    await page.getByRole("dialog", { name: /каскад/i }).waitFor();
    await page.keyboard.press("Escape");
    await steps.getByRole("button", { name: "Взять пример" }).click();
    await page.waitForURL(/\/contacts\/imports\/\d+$/);
    await page.goBack();
    expect(await steps.getByRole("link", { name: "Загрузить файл" }).getAttribute("href")).toBe(
      "/app/contacts/imports/new",
    );
    expect([await taken("contacts"), await taken("cascade"), await taken("launch")]).toEqual([
      "false",
      "true",
      "false",
    ]);
    await steps.getByRole("button", { name: "Убрать первые шаги" }).click();
    await steps.waitFor({ state: "hidden" });
    await page.reload();
    await page.getByRole("heading", { name: "Каскады", level: 1 }).waitFor();
    expect(await steps.count()).toBe(0);
    await page.getByRole("banner").getByRole("button").last().click();
    await page.getByRole("menuitem", { name: "Первые шаги" }).click();
    await steps.waitFor();
  });

  test.each(looks)("both are whole in $lang at $width", async ({ lang, width }) => {
    await lookAt(page, lang, width);
    await page.goto(`${program.url}/app/cascades`);
    await page.locator("[data-step=launch]").waitFor();
    await whole(page, "first steps");
    await shoot(page, `start-${lang}-${width}`);
    await open("voice", { sender: "78001234567", audio: "b.wav" });
    await page.locator("audio").waitFor();
    await whole(page, "a sound's field");
    await shoot(page, `field-${lang}-${width}`);
    await page.getByRole("button", { name: lang === "ru" ? "Выбрать" : "Choose", exact: true }).click();
    await page.getByRole("dialog").getByRole("listitem").first().waitFor();
    await whole(page, "the files of the account");
    await shoot(page, `choose-${lang}-${width}`);
  });
});

const shoot = async (page: Page, name: string) => {
  const dir = process.env.SHOTS;
  if (dir) await page.screenshot({ path: `${dir}/${name}.png` });
};
