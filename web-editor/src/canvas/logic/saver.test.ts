import { expect, test } from "vitest";
import { empty, type Scheme } from "./document";
import { createSaver, type Ports, type SaveState } from "./saver";

const named = (name: string): Scheme => empty("cascade", name);

function bench() {
  const log = { states: [] as SaveState[], saves: [] as [string, number][], kept: null as string | null, conflict: "" };
  const timers: (() => void)[] = [];
  const answers: { yes: (revision: number) => void; no: (e: Error) => void }[] = [];
  const ports: Ports<string> = {
    save: (d, over) => {
      log.saves.push([d.name, over]);
      return new Promise((yes, no) => answers.push({ yes, no }));
    },
    judge: (e) => {
      const { message } = e as Error;
      return message === "conflict" ? { state: "conflict", conflict: "theirs" } : { state: "offline" };
    },
    keep: (u) => {
      log.kept = u && `${u.document.name}/${u.over}`;
    },
    tell: (s, _, c) => {
      log.states.push(s);
      log.conflict = c ?? "";
    },
    later: (f) => {
      timers.push(f);
      return () => timers.splice(timers.indexOf(f), 1);
    },
  };
  const start = named("0");
  return { log, timers, answers, start, saver: createSaver(start, 1, ports), tick: () => timers.shift()?.() };
}

const settle = () => new Promise<void>((done) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(done))));

test("many changes are one save, of the latest", async () => {
  const b = bench();
  b.saver.change(named("1"));
  b.saver.change(named("2"));
  expect(b.timers).toHaveLength(1);
  b.tick();
  expect(b.log.saves).toEqual([["2", 1]]);
  expect(b.log.kept).toBe("2/1");
  b.answers[0]?.yes(2);
  await settle();
  expect(b.log.states.at(-1)).toBe("saved");
  expect(b.log.kept).toBeNull();
});

test("what changes while a save is under way is saved after it, over the new revision", async () => {
  const b = bench();
  b.saver.change(named("1"));
  b.tick();
  b.saver.change(named("2"));
  expect(b.log.saves).toHaveLength(1);
  b.answers[0]?.yes(7);
  await settle();
  expect(b.log.kept).toBe("2/7");
  b.tick();
  expect(b.log.saves[1]).toEqual(["2", 7]);
});

test("without a connection nothing is lost, and it is tried again", async () => {
  const b = bench();
  b.saver.change(named("1"));
  b.tick();
  b.answers[0]?.no(new Error("net"));
  await settle();
  expect(b.log.states.at(-1)).toBe("offline");
  expect(b.log.kept).toBe("1/1");
  b.tick();
  expect(b.log.saves[1]).toEqual(["1", 1]);
});

test("a conflict stops saving until somebody chooses", async () => {
  const b = bench();
  b.saver.change(named("mine"));
  b.tick();
  b.answers[0]?.no(new Error("conflict"));
  await settle();
  expect(b.log).toMatchObject({ conflict: "theirs", kept: "mine/1" });
  b.saver.change(named("mine again"));
  expect(b.timers).toHaveLength(0);
  expect(await b.saver.flush()).toBe(false);
  b.saver.resolve(named("mine again"), 5, false);
  expect(b.log.saves[1]).toEqual(["mine again", 5]);
});

test("theirs is taken without a save", () => {
  const b = bench();
  b.saver.change(named("mine"));
  b.saver.resolve(named("theirs"), 5, true);
  expect(b.log.states.at(-1)).toBe("saved");
  expect(b.log).toMatchObject({ kept: null, saves: [] });
});

test("a change that is undone before it was saved needs no save", () => {
  const b = bench();
  b.saver.change(named("1"));
  b.saver.change(b.start);
  expect(b.timers).toHaveLength(0);
  expect(b.log.states.at(-1)).toBe("saved");
});
