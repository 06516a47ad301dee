import type { Browser, Page } from "playwright-core";

/** An event of Chromium's own trace; times in microseconds. */
export interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  args?: { name?: string; data?: { type?: string } };
}

// What the browser does for a script: it runs one, hands an event or a frame to one, compiles it, or clears up after it.
const scripting = new Set([
  "EvaluateScript",
  "EventDispatch",
  "FireAnimationFrame",
  "FireIdleCallback",
  "FunctionCall",
  "MajorGC",
  "MinorGC",
  "RunMicrotasks",
  "TimerFire",
  "XHRLoad",
  "XHRReadyStateChange",
  "v8.compile",
  "v8.evaluateModule",
]);

// The kinds of events that these are of, and those that say where a frame begins and what a thread is.
const kinds = ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "v8", "v8.execute", "__metadata"];

const gestures = new Set(["mousemove", "pointermove", "wheel"]);

/** What one frame took: microseconds of script, and whether something that a hand did was handled in it. */
interface Frame {
  script: number;
  handled: boolean;
}

/**
 * The time of script of each frame in which a gesture was handled, in milliseconds.
 *
 * A frame reaches from one BeginMainThreadFrame of the page's main thread to the next; Chromium hands mouse and wheel over at
 * its beginning. Its script is the length of the union of all events of scripting that begin in it, so what is nested in
 * another counts once; a layout that a script asks for while it runs counts as the script's, painting afterwards does not.
 * The clock is the wall's: a processor that is taken away in the middle counts.
 */
export function scriptPerFrame(events: readonly TraceEvent[]): number[] {
  const main = mainThread(events);
  const here = events.filter((e) => `${e.pid} ${e.tid}` === main).sort((a, b) => a.ts - b.ts);
  const frames: Frame[] = [];
  let until = 0;
  for (const e of here) {
    if (e.name === "BeginMainThreadFrame") frames.push({ script: 0, handled: false });
    const frame = frames.at(-1);
    if (!frame || e.ph !== "X" || !scripting.has(e.name)) continue;
    frame.handled ||= e.name === "EventDispatch" && gestures.has(e.args?.data?.type ?? "");
    const end = e.ts + (e.dur ?? 0);
    frame.script += Math.max(0, end - Math.max(e.ts, until));
    until = Math.max(until, end);
  }
  // What is after the last beginning may be cut off.
  return frames.slice(0, -1).flatMap((f) => (f.handled ? [f.script / 1000] : []));
}

/** The main thread that handled most: the page's, where there are several. */
function mainThread(events: readonly TraceEvent[]): string | undefined {
  const count = new Map<string, number>();
  for (const e of events)
    if (e.name === "thread_name" && e.args?.name === "CrRendererMain") count.set(`${e.pid} ${e.tid}`, 0);
  for (const e of events) {
    const before = count.get(`${e.pid} ${e.tid}`);
    if (before !== undefined && e.name === "EventDispatch") count.set(`${e.pid} ${e.tid}`, before + 1);
  }
  return [...count].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** Traces the page while something is done with it. */
export async function traced(browser: Browser, page: Page, what: () => Promise<void>): Promise<TraceEvent[]> {
  await browser.startTracing(page, { categories: kinds });
  await what();
  return JSON.parse((await browser.stopTracing()).toString()).traceEvents;
}

/** The value below which a part of all lies. */
export function percentile(all: readonly number[], part: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  const at = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  if (at === undefined) throw new Error("nothing was measured");
  return at;
}
