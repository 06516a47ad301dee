import { expect, test } from "vitest";
import { agentName, sessionFits } from "./agent";

test("browsers are called as people call them", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
  expect(agentName(chrome)).toBe("Chrome, Linux");
  expect(agentName(`${chrome} Edg/140.0`)).toBe("Edge, Linux");
  expect(agentName("curl/8.1")).toBe("curl/8.1");
  expect(agentName("")).toBe("—");
});

test.each([
  ["", true],
  ["яндекс", true],
  ["  MACOS 198.51 ", true],
  ["yabrowser", true],
  ["firefox", false],
  ["macos 192.0.2", false],
])("a session is found by what it is called: %s", (search, found) => {
  const agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/142.0 YaBrowser/25.10 Safari/537.36";
  expect(sessionFits({ agent, ip: "198.51.100.7" }, search)).toBe(found);
});
