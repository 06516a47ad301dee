// The bars of the web application, as a part of `make bench`: what a frame of the canvas costs while a scheme of 500 blocks is
// panned, zoomed and dragged in, and what the first load weighs. Needs the program built. A missed bar is printed and fails
// nothing; only a measurement that cannot be made does. How script is counted: trace.ts.
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { test } from "vitest";
import { startBrowser } from "./browser";
import { many } from "./many";
import { firstSignIn } from "./office";
import { startProgram } from "./program";
import { call } from "./send";
import { type Line, table } from "./table";
import { percentile, scriptPerFrame, traced } from "./trace";

/** Milliseconds of script a frame, and bytes of the first load. */
const scriptBar = 8;
const loadBar = 400_000;
/** Frames of each gesture, and how many are the fewest to tell anything by. */
const moves = 240;
const fewest = 180;

interface At {
  x: number;
  y: number;
}

/** Points on two circles around a place, which pass through it: to all sides, and never twice at the same. */
function* around({ x, y }: At, radius: number): Generator<At> {
  for (let i = 1; i <= moves; i++) {
    const turn = (i / moves) * 4 * Math.PI;
    const side = i <= moves / 2 ? 1 : -1;
    yield { x: x + side * radius * (1 - Math.cos(turn)), y: y + radius * Math.sin(turn) };
  }
}

async function drag(page: Page, from: At, radius: number) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  for (const to of around(from, radius)) await page.mouse.move(to.x, to.y);
  await page.mouse.up();
}

/** Turns the wheel from all of the drawing to its full size and back. */
async function zoom(page: Page, at: At) {
  await page.mouse.move(at.x, at.y);
  for (let i = 0; i < moves; i++) await page.mouse.wheel(0, Math.floor((4 * i) / moves) % 2 ? 16 : -16);
}

/** A place of the window where nothing lies on the canvas. */
const bare = (page: Page): Promise<At> =>
  page.evaluate(() => {
    const box = document.querySelector(".react-flow__pane")?.getBoundingClientRect();
    if (!box) throw new Error("there is no canvas");
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const places = [];
    for (let x = box.left + 10; x < box.right; x += 6)
      for (let y = box.top + 10; y < box.bottom; y += 6) places.push({ x, y });
    const far = (p: { x: number; y: number }) => Math.hypot(p.x - middle.x, p.y - middle.y);
    const found = places
      .sort((a, b) => far(a) - far(b))
      .find((p) => document.elementFromPoint(p.x, p.y)?.classList.contains("react-flow__pane"));
    if (!found) throw new Error("the canvas is full");
    return found;
  });

/** The middle of the block that is nearest to the middle of the canvas. */
const inside = (page: Page): Promise<At> =>
  page.evaluate(() => {
    const box = document.querySelector(".react-flow__pane")?.getBoundingClientRect();
    if (!box) throw new Error("there is no canvas");
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const blocks = [...document.querySelectorAll(".react-flow__node-block")].map((b) => b.getBoundingClientRect());
    const centres = blocks.map((b) => ({ x: b.x + b.width / 2, y: b.y + b.height / 2 }));
    const far = (p: { x: number; y: number }) => Math.hypot(p.x - at.x, p.y - at.y);
    const [nearest] = centres.sort((a, b) => far(a) - far(b));
    if (!nearest) throw new Error("there is no block");
    return nearest;
  });

const scale = (page: Page) =>
  page.evaluate(
    () => new DOMMatrix(getComputedStyle(document.querySelector(".react-flow__viewport") as Element).transform).a,
  );

/** Until nothing on the page has changed for some frames. */
const still = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((done) => {
        let quiet = 0;
        const seen = new MutationObserver(() => {
          quiet = 0;
        });
        seen.observe(document.body, { subtree: true, childList: true, attributes: true });
        const frame = () => {
          quiet++;
          if (quiet < 60) return requestAnimationFrame(frame);
          seen.disconnect();
          done();
        };
        requestAnimationFrame(frame);
      }),
  );

async function gesture(browser: Browser, page: Page, what: string, how: () => Promise<void>): Promise<Line[]> {
  await still(page);
  const frames = scriptPerFrame(await traced(browser, page, how));
  if (frames.length < fewest) throw new Error(`${what}: only ${frames.length} frames were seen`);
  const line = { unit: "ms", note: `${frames.length} frames` };
  return [
    { ...line, what: `script a frame, ${what}, p50`, measured: percentile(frames, 0.5) },
    {
      ...line,
      what: `script a frame, ${what}, p95`,
      measured: percentile(frames, 0.95),
      atMost: scriptBar,
    },
  ];
}

/** All gestures, with the whole scheme in the window, and at the size at which a person works on it. */
async function gestures(browser: Browser, page: Page): Promise<Line[]> {
  const lines: Line[] = [];
  const add = async (what: string, how: () => Promise<void>) => {
    lines.push(...(await gesture(browser, page, what, how)));
  };
  const empty = await bare(page);
  await add("panned, all in the window", () => drag(page, empty, 100));
  const block = await inside(page);
  await add("a block dragged, all in the window", () => drag(page, block, 60));
  await add("zoomed in and out", () => zoom(page, block));
  while ((await scale(page)) < 0.9) await page.mouse.wheel(0, -60);
  await still(page);
  const gap = await bare(page);
  await add("panned at full size", () => drag(page, gap, 250));
  const near = await inside(page);
  await add("a block dragged at full size", () => drag(page, near, 100));
  return lines;
}

/** What a page has fetched of the program: addresses, and bytes as they are and as gzip makes them. */
function fetched(page: Page) {
  const pending: Promise<{ url: string; plain: number; packed: number; canvas: boolean }>[] = [];
  page.on("response", (r) => {
    if (r.request().method() !== "GET" || r.status() !== 200) return;
    pending.push(
      r.body().then((b) => ({
        url: r.url(),
        plain: b.length,
        packed: gzipSync(b).length,
        // The library that draws names its own classes; no other code does.
        canvas: r.url().endsWith(".js") && b.includes("react-flow__renderer"),
      })),
    );
  });
  return async () => {
    const all = await Promise.all(pending);
    const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((n, one) => n + of(one), 0);
    return { packed: sum((a) => a.packed), plain: sum((a) => a.plain), canvas: sum((a) => (a.canvas ? a.packed : 0)) };
  };
}

const kB = (bytes: number) => bytes / 1000;

async function load(context: BrowserContext, url: string, scheme: string): Promise<Line[]> {
  const page = await context.newPage();
  const soFar = fetched(page);
  await page.goto(`${url}/app/cascades`);
  const drawing = page.locator(`main a[href$='/cascades/${scheme}']`).last();
  await drawing.waitFor();
  await page.waitForLoadState("networkidle");
  const first = await soFar();
  await drawing.click();
  await page.locator(".react-flow__node-block").first().waitFor();
  await page.waitForLoadState("networkidle");
  const then = await soFar();
  await page.close();
  if (!then.canvas) throw new Error("the canvas's code was not seen when a drawing opened");
  return [
    {
      what: "first load, compressed",
      measured: kB(first.packed),
      unit: "kB",
      atMost: kB(loadBar),
      note: `${Math.round(kB(first.plain))} kB as it is`,
    },
    { what: "the canvas's code fetched before a drawing opens", measured: kB(first.canvas), unit: "kB", atMost: 0 },
    {
      what: "fetched when the first drawing opens, compressed",
      measured: kB(then.packed - first.packed),
      unit: "kB",
      note: "the canvas, its words and the scheme",
    },
  ];
}

test("the bars of the web application", async () => {
  const program = await startProgram();
  const browser = await startBrowser();
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "ru-RU" });
    const page = await context.newPage();
    await firstSignIn(page, program);
    const document = many();
    const { id } = await call(context, program, "/schemes", { document });
    if (!id) throw new Error("the scheme was not taken");
    const signedIn = await context.storageState();
    const loads = await browser.newContext({ locale: "ru-RU", storageState: signedIn });
    const lines = await load(loads, program.url, id);
    await loads.close();
    const began = performance.now();
    await page.goto(`${program.url}/app/cascades/${id}`);
    await page.locator("[data-block]").first().waitFor();
    lines.push({ what: "a drawing of 500 blocks opened", measured: performance.now() - began, unit: "ms" });
    lines.push(...(await gestures(browser, page)));
    process.stdout.write(table(`${browser.version()}, 500 blocks, ${document.links.length} links`, lines));
  } finally {
    await browser.close();
    await program.stop();
  }
}, 600_000);
