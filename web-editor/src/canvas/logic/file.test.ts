import { expect, test } from "vitest";
import { empty } from "./document";
import { addBlock } from "./edit";
import { fromFile } from "./file";

const scheme = addBlock(empty("cascade", "Sale"), "sms", "", 10, 20, { text: "Hi" })[0];

test("a file of ours and a bare document give the scheme, anything else says why not", () => {
  expect(fromFile(JSON.stringify(scheme), "cascade")).toEqual(scheme);
  expect(fromFile(JSON.stringify({ kaskad_scheme: 1, document: scheme, tests: [] }), "cascade")).toEqual(scheme);
  expect(fromFile(JSON.stringify(scheme), "routing")).toBe("kind");
  for (const text of ["", "{", "null", "[]", '{"kaskad_scheme":1}', '{"kind":"cascade","nodes":[1]}'])
    expect(fromFile(text, "cascade")).toBe("unreadable");
});
