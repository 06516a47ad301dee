import { expect, test } from "vitest";
import { agentName } from "./agent";

test("browsers are called as people call them", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
  expect(agentName(chrome)).toBe("Chrome, Linux");
  expect(agentName(`${chrome} Edg/140.0`)).toBe("Edge, Linux");
  expect(agentName("curl/8.1")).toBe("curl/8.1");
  expect(agentName("")).toBe("—");
});
