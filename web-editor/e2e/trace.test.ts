import { expect, test } from "vitest";
import { percentile, scriptPerFrame, type TraceEvent } from "./trace";

const page = { pid: 1, tid: 1 };
const named = (at: { pid: number; tid: number }, name: string): TraceEvent => ({
  ...at,
  name: "thread_name",
  ph: "M",
  ts: 0,
  args: { name },
});
const frame = (ts: number): TraceEvent => ({ ...page, name: "BeginMainThreadFrame", ph: "I", ts });
const ran = (name: string, ts: number, dur: number, type?: string, at = page): TraceEvent => ({
  ...at,
  name,
  ph: "X",
  ts,
  dur,
  args: { data: { type } },
});

test("script of a frame counts once, however deep it is nested, and only in frames in which a hand moved", () => {
  const other = { pid: 2, tid: 1 };
  const events = [
    named(page, "CrRendererMain"),
    named(other, "CrRendererMain"),
    // Of a frame whose beginning was not seen.
    ran("FunctionCall", 50, 9000),
    frame(10_000),
    ran("EventDispatch", 10_100, 3000, "mousemove"),
    ran("FunctionCall", 10_200, 2000),
    ran("MinorGC", 10_300, 500),
    ran("RunMicrotasks", 12_900, 1200),
    ran("Layout", 14_200, 5000),
    ran("EventDispatch", 14_000, 8000, "mousemove", other),
    // A task between two frames belongs to the first.
    ran("TimerFire", 20_000, 1000),
    frame(26_000),
    ran("FireAnimationFrame", 26_100, 4000),
    frame(42_000),
    ran("EventDispatch", 42_100, 500, "wheel"),
    frame(58_000),
    ran("EventDispatch", 58_100, 7000, "wheel"),
  ];
  expect(scriptPerFrame(events)).toEqual([5, 0.5]);
});

test("a percentile is one of the values", () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
  expect(percentile([4, 1, 3, 2], 0.95)).toBe(4);
  expect(() => percentile([], 0.95)).toThrow("nothing was measured");
});
