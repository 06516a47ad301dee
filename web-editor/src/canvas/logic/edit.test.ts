import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pack, unpack } from "./clipboard";
import { empty, freeID, type LinkType, notesOf, type Scheme } from "./document";
import {
  addBlock,
  addLink,
  addNote,
  align,
  changeLink,
  configure,
  distribute,
  duplicate,
  insertInto,
  move,
  nothing,
  part,
  paste,
  remove,
  type Selection,
} from "./edit";
import { entries, loop, path } from "./graph";
import { arrange } from "./layout";

const size = () => ({ width: 200, height: 80 });
const blocks = (...ids: string[]): Selection => ({ ...nothing, blocks: new Set(ids) });

// viber -> sms -> goal, and viber -> goal.
function cascade(): Scheme {
  let s = empty("cascade", "Test");
  for (const [i, type] of ["viber", "sms", "goal"].entries()) s = addBlock(s, type, "", 100 * i, 0)[0];
  s = addLink(s, { from: "viber", to: "sms", type: "status", value: "not_delivered" })[0];
  s = addLink(s, { from: "sms", to: "goal", type: "status", value: "clicked" })[0];
  return addLink(s, { from: "viber", to: "goal", type: "status", value: "clicked" })[0];
}

test("new things have ids that the contract allows and nobody has", () => {
  expect(freeID(["sms", "sms2"], "sms")).toBe("sms3");
  expect(freeID([], "мой блок!")).toBe("n");
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (taken, wish) => {
      const id = freeID(taken, wish);
      expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(taken).not.toContain(id);
    }),
  );
});

test("a block that goes takes its links with it, and nothing else", () => {
  const s = remove(cascade(), blocks("sms"));
  expect(s.nodes.map((n) => n.id)).toEqual(["viber", "goal"]);
  expect(s.links.map((l) => [l.from, l.to])).toEqual([["viber", "goal"]]);
  const alone = remove(cascade(), { ...nothing, links: new Set(["viber_sms"]) });
  expect(alone.nodes).toHaveLength(3);
  expect(alone.links).toHaveLength(2);
});

test("the named entry goes with its block", () => {
  const s = remove({ ...cascade(), entry: "viber" }, blocks("viber"));
  expect(s).not.toHaveProperty("entry");
});

test("a block dropped onto a link stands in the middle of it", () => {
  const [s] = addBlock(cascade(), "delay", "", 0, 0);
  const next = insertInto(s, "viber_sms", "delay", { type: "next" });
  expect(path(next.links, "viber", "sms")).toEqual(["viber", "delay", "sms"]);
  expect(next.links.find((l) => l.from === "delay")).toMatchObject({ to: "sms", type: "next" });
  expect(insertInto(s, "viber_sms", "sms", { type: "next" })).toBe(s);
  const [end] = addBlock(cascade(), "goal", "", 0, 0);
  expect(insertInto(end, "viber_sms", "goal2", null).links).toHaveLength(3);
});

test("a link's value is left out where it is empty", () => {
  const s = changeLink(cascade(), "viber_sms", { type: "reply", value: "" });
  expect(s.links[0]).toEqual({ id: "viber_sms", from: "viber", to: "sms", type: "reply" });
});

describe("loops", () => {
  test("are told as the way round", () => {
    expect(loop(cascade(), "goal", "viber")).toEqual(["goal", "viber", "goal"]);
    expect(loop(cascade(), "sms", "sms")).toEqual(["sms", "sms"]);
    expect(loop(cascade(), "goal", "sms")).toEqual(["goal", "sms", "goal"]);
    expect(loop(cascade(), "viber", "sms")).toBeNull();
    expect(loop({ ...cascade(), kind: "routing" }, "goal", "viber")).toBeNull();
  });
  test("are looked for without the link that is being moved", () => {
    const s = remove(cascade(), { ...nothing, links: new Set(["viber_goal"]) });
    expect(loop(s, "sms", "viber")).not.toBeNull();
    expect(loop(s, "sms", "viber", "viber_sms")).toBeNull();
  });
  test("a link that closes none leaves the drawing without any", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 40 }), (pairs) => {
        let s: Scheme = empty("cascade", "");
        for (let i = 0; i < 8; i++) s = addBlock(s, "sms", "", 0, 0)[0];
        for (const [a, b] of pairs) {
          const [from, to] = [s.nodes[a]?.id ?? "", s.nodes[b]?.id ?? ""];
          if (!loop(s, from, to)) s = addLink(s, { from, to, type: "next" as LinkType })[0];
        }
        // Taking entries away again and again leaves nothing of a graph without loops.
        let left = s;
        for (let e = entries(left); e.length; e = entries(left)) left = remove(left, blocks(...e));
        expect(left.nodes).toEqual([]);
      }),
    );
  });
});

describe("moving", () => {
  test("leaves everything else as it is", () => {
    const s = cascade();
    const next = move(s, new Map([["sms", { x: 303, y: 47 }]]));
    expect(next.nodes[1]).toMatchObject({ x: 300, y: 50 });
    expect(next.nodes[0]).toBe(s.nodes[0]);
    expect(next.links).toBe(s.links);
    expect(move(next, new Map([["sms", { x: 301, y: 48 }]]))).toBe(next);
  });
  test("takes notes along", () => {
    const [s, note] = addNote(cascade(), 0, 0, "!");
    expect(notesOf(move(s, new Map([[note.id, { x: 50, y: 60 }]])))[0]).toMatchObject({ x: 50, y: 60 });
  });
  test("lines up and spreads", () => {
    let s = move(
      cascade(),
      new Map([
        ["sms", { x: 140, y: 300 }],
        ["goal", { x: 60, y: 400 }],
      ]),
    );
    s = align(s, new Set(["viber", "sms", "goal"]), "left", size);
    expect(s.nodes.map((n) => n.x)).toEqual([0, 0, 0]);
    s = distribute(s, new Set(["viber", "sms", "goal"]), "y", size);
    expect(s.nodes.map((n) => n.y)).toEqual([0, 200, 400]);
    expect(align(s, new Set(["sms"]), "right", size)).toBe(s);
  });
  test("arranges without any block over another, whatever is drawn", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 }), (pairs) => {
        let s: Scheme = empty("cascade", "");
        for (let i = 0; i < 12; i++) s = addBlock(s, "sms", "", 0, 0)[0];
        for (const [a, b] of pairs) {
          const [from, to] = [s.nodes[a]?.id ?? "", s.nodes[b]?.id ?? ""];
          if (!loop(s, from, to)) s = addLink(s, { from, to, type: "next" })[0];
        }
        const { nodes } = arrange(s, size);
        for (const [i, a] of nodes.entries())
          for (const b of nodes.slice(i + 1))
            expect(Math.abs(a.x - b.x) >= 200 || Math.abs(a.y - b.y) >= 80).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe("copies", () => {
  test("have ids of their own and the links between them", () => {
    const [s, chosen] = duplicate(cascade(), blocks("viber", "sms"));
    expect(s.nodes).toHaveLength(5);
    expect(new Set(s.nodes.map((n) => n.id)).size).toBe(5);
    expect(s.links).toHaveLength(4);
    const [from, to] = [...chosen.blocks];
    expect(s.links.at(-1)).toMatchObject({ from, to, type: "status", value: "not_delivered" });
  });
  test("go through the clipboard whole, notes too", () => {
    const [s, note] = addNote(cascade(), 10, 10, "ё <script>");
    const what = part(s, { ...blocks("viber", "sms"), notes: new Set([note.id]) });
    expect(unpack(pack(what))).toEqual(what);
    const [pasted] = paste(empty("cascade", ""), what, 0, 0);
    expect(pasted.nodes).toEqual(what.nodes);
    expect(notesOf(pasted)).toEqual(what.notes);
  });
  test("of anything else are refused, and broken pieces of ours left out", () => {
    for (const clip of [
      "",
      "text",
      "{}",
      '{"kaskad/blocks":2}',
      '{"kaskad/blocks":1,"nodes":{}}',
      "kaskad/blocks".repeat(200_000),
    ]) {
      expect(unpack(clip)).toBeNull();
    }
    expect(unpack('{"kaskad/blocks":1,"nodes":[{"id":1}],"links":[null],"notes":[]}')).toEqual({
      nodes: [],
      links: [],
      notes: [],
    });
  });
});

test("an outcome that gets another id keeps its links, however it is typed", () => {
  const variants = (...ids: string[]) => ({ variants: ids.map((id) => ({ id, weight: 1 })) });
  let s = addBlock(empty("cascade", ""), "split", "", 0, 0, variants("a", "b"))[0];
  for (const type of ["sms", "goal"]) s = addBlock(s, type, "", 0, 0)[0];
  s = addLink(s, { from: "split", to: "sms", type: "variant", value: "a" })[0];
  s = addLink(s, { from: "split", to: "goal", type: "variant", value: "b" })[0];
  const values = (x: Scheme) => x.links.map((l) => l.value);
  // Typed letter by letter, through nothing and through the id of the other one.
  let typed = s;
  for (const id of ["", "b", "bi", "big"]) typed = configure(typed, "split", variants(id, "b"));
  expect(values(typed)).toEqual(["big", "b"]);
  // One that goes or comes renames nothing.
  expect(values(configure(s, "split", variants("b")))).toEqual(["a", "b"]);
  expect(values(configure(s, "split", variants("a", "b", "c")))).toEqual(["a", "b"]);
  expect(values(configure(s, "split", variants("b", "a")))).toEqual(["a", "b"]);
  let call = addBlock(empty("cascade", ""), "voice", "", 0, 0, { ivr: { "1": { action: "record" } } })[0];
  call = addBlock(call, "goal", "", 0, 0)[0];
  call = addLink(call, { from: "voice", to: "goal", type: "ivr", value: "1" })[0];
  expect(values(configure(call, "voice", { ivr: { "2": { action: "record" } } }))).toEqual(["2"]);
});
