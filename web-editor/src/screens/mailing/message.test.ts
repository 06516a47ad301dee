import { beforeEach, expect, test } from "vitest";
import { keep, kept, messageOf, sameDocument, schemeOf } from "./message";

beforeEach(() => localStorage.clear());

const message = { name: " Sale ", type: "sms", config: { sender: "SHOP", text: "Hi" } };

test("a mailing is a scheme of one block, and is read of it again", () => {
  const s = schemeOf(message);
  expect([s.name, s.nodes.length, s.links]).toEqual(["Sale", 1, []]);
  expect(messageOf(s)).toEqual({ ...message, name: "Sale" });
});

test("a change keeps the block where it was drawn", () => {
  const old = schemeOf(message);
  const moved = { ...old, nodes: old.nodes.map((n) => ({ ...n, id: "x", x: 500, name: "First" })) };
  expect(schemeOf(message, moved).nodes[0]).toMatchObject({ id: "x", x: 500, name: "First" });
  expect(schemeOf({ ...message, type: "viber" }, moved).nodes[0]).toMatchObject({ id: "viber", x: 500, name: "" });
});

test("more than one block is no simple mailing", () => {
  const s = schemeOf(message);
  expect(messageOf(null)).toBeNull();
  expect(messageOf({ ...s, nodes: [...s.nodes, ...s.nodes] })).toBeNull();
  expect(messageOf({ ...s, nodes: s.nodes.map((n) => ({ ...n, type: "goal" })) })).toBeNull();
});

test("documents are the same in whatever order they are written, and no others", () => {
  const s = schemeOf(message);
  const { nodes, ...rest } = s;
  expect(sameDocument({ nodes, ...rest }, s)).toBe(true);
  expect(sameDocument(schemeOf({ ...message, config: { ...message.config, text: "Ho" } }), s)).toBe(false);
  expect(sameDocument({ ...s, nodes: [...nodes, ...nodes] }, s)).toBe(false);
  expect(sameDocument(undefined, s)).toBe(false);
});

test("what was begun is kept on this machine", () => {
  expect(kept()).toBeNull();
  keep(message);
  expect(kept()).toEqual(message);
  localStorage.setItem("kaskad.mailing", '{"type":"pigeon"}');
  expect(kept()).toEqual({ name: "", type: "", config: {} });
  keep(null);
  expect(kept()).toBeNull();
});
