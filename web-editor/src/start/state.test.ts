import { expect, test } from "vitest";
import { launchPlace, next, shown } from "./state";

test("the step to take is the first that was not taken", () => {
  expect(next({ contacts: false, cascade: true, launch: false })).toBe("contacts");
  expect(next({ contacts: true, cascade: true, launch: false })).toBe("launch");
  expect(next({ contacts: true, cascade: true, launch: true })).toBeNull();
});

test("the path is shown until a launch, put away and found again", () => {
  const [fresh, old] = [
    { contacts: false, cascade: false, launch: false },
    { contacts: true, cascade: true, launch: true },
  ];
  expect([shown(fresh, ""), shown(fresh, "no"), shown(fresh, "yes")]).toEqual([true, false, true]);
  expect([shown(old, ""), shown(old, "no"), shown(old, "yes")]).toEqual([false, false, true]);
});

test("a launch begins where there is something to send", () => {
  expect(launchPlace([])).toBeNull();
  expect(launchPlace([{ id: "7" }])).toBe("/cascades/7");
  expect(launchPlace([{ id: "7" }, { id: "8", published: {} }])).toBe("/campaigns/new?scheme=8");
});
