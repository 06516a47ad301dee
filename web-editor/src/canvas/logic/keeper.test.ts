import { expect, test } from "vitest";
import { createKeeper, keeping } from "./keeper";

function bench() {
  const written: (string | null)[] = [];
  let timer: (() => void) | null = null;
  const keeper = createKeeper<string>({
    write: (what) => void written.push(what),
    later: (f, ms) => {
      expect(ms).toBe(keeping);
      expect(timer).toBeNull();
      timer = f;
      return () => {
        timer = null;
      };
    },
  });
  const second = () => {
    const f = timer;
    timer = null;
    f?.();
  };
  return { keeper, written, second, waits: () => timer !== null };
}

test("the first change is written at once, and the last of a second at its end", () => {
  const b = bench();
  b.keeper.keep("1");
  expect(b.written).toEqual(["1"]);
  b.keeper.keep("2");
  b.keeper.keep("3");
  expect(b.written).toEqual(["1"]);
  b.second();
  expect(b.written).toEqual(["1", "3"]);
});

test("a long drag is written once a second, and what comes after a quiet second at once", () => {
  const b = bench();
  for (const n of [1, 2, 3]) {
    b.keeper.keep(`${n}a`);
    b.keeper.keep(`${n}b`);
    b.second();
  }
  expect(b.written).toEqual(["1a", "1b", "2b", "3b"]);
  b.second();
  expect(b.waits()).toBe(false);
  b.keeper.keep("later");
  expect(b.written.at(-1)).toBe("later");
});

test("when the window goes, what waits is written, and nothing twice", () => {
  const b = bench();
  b.keeper.keep("1");
  b.keeper.keep("2");
  b.keeper.now();
  expect(b.written).toEqual(["1", "2"]);
  b.keeper.now();
  b.second();
  expect(b.written).toEqual(["1", "2"]);
});

test("once it is saved nothing is left, and nothing comes back", () => {
  const b = bench();
  b.keeper.keep("1");
  b.keeper.keep("2");
  b.keeper.keep(null);
  expect(b.written).toEqual(["1", null]);
  expect(b.waits()).toBe(false);
  b.second();
  b.keeper.now();
  expect(b.written).toEqual(["1", null]);
  b.keeper.keep("3");
  expect(b.written.at(-1)).toBe("3");
});
