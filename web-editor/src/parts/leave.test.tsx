import { MantineProvider } from "@mantine/core";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { useState } from "react";
import { initReactI18next } from "react-i18next";
import { createMemoryRouter, Link, Outlet, RouterProvider } from "react-router";
import { beforeAll, expect, test } from "vitest";
import { initWords } from "../app/words";
import { Dialog, Form } from "../screens/contacts/Form";
import parts from "../words/en/parts.json";
import { LeaveGuard } from "./Leave";
import { createUnsaved, gone, loses, useUnsaved } from "./unsaved";

beforeAll(() => initWords(i18next.use(initReactI18next), { lng: "en", resources: { en: { translation: { parts } } } }));

test("whoever is around hears of what is unsaved, once when it begins and once when all is gone", () => {
  const screen = createUnsaved();
  const dialog = createUnsaved(screen);
  const heard: boolean[] = [];
  screen.subscribe(() => heard.push(screen.any()));
  dialog.mark("a", true);
  screen.mark("b", true);
  expect([dialog.any(), screen.any()]).toEqual([true, true]);
  dialog.mark("a", false);
  expect([dialog.any(), screen.any()]).toEqual([false, true]);
  screen.mark("b", false);
  expect(heard).toEqual([true, false]);
});

test("filters and tabs of a screen lose nothing, nor does the way from what is deleted", () => {
  expect(loses({ pathname: "/a" }, { pathname: "/a" })).toBe(false);
  expect(loses({ pathname: "/a" }, { pathname: "/b" })).toBe(true);
  expect(loses({ pathname: "/a" }, { pathname: "/b", ...gone })).toBe(false);
});

function Card() {
  const [text, setText] = useState("");
  useUnsaved(text !== "");
  return (
    <>
      <input aria-label="card" value={text} onChange={(e) => setText(e.currentTarget.value)} />
      <Link to="/other">away</Link>
    </>
  );
}

function show(first: React.ReactNode) {
  const shell = (
    <LeaveGuard>
      <Outlet />
    </LeaveGuard>
  );
  const children = [
    { path: "first", element: first },
    { path: "other", element: <p>the other screen</p> },
  ];
  const router = createMemoryRouter([{ path: "/", element: shell, children }], { initialEntries: ["/first"] });
  render(
    <MantineProvider env="test">
      <RouterProvider router={router} />
    </MantineProvider>,
  );
  return userEvent.setup();
}

const closes = () => {
  const e = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(e);
  return !e.defaultPrevented;
};

test("a screen with something typed is not left before it is said so", async () => {
  const user = show(<Card />);
  expect(closes()).toBe(true);
  await user.type(screen.getByLabelText("card"), "Anna");
  expect(closes()).toBe(false);
  await user.click(screen.getByText("away"));
  await user.click(await screen.findByText("Stay"));
  expect(screen.getByLabelText("card")).toHaveValue("Anna");
  await waitFor(() => expect(screen.queryByText("Stay")).toBeNull());
  await user.click(screen.getByText("away"));
  await user.click(await screen.findByText("Don’t save"));
  await screen.findByText("the other screen");
  expect(closes()).toBe(true);
});

test("a screen where nothing is typed is left at once", async () => {
  const user = show(<Card />);
  await user.type(screen.getByLabelText("card"), "A{Backspace}");
  await user.click(screen.getByText("away"));
  await screen.findByText("the other screen");
});

function Window() {
  const [opened, open] = useState(true);
  const close = () => open(false);
  return (
    <Dialog opened={opened} close={close} title="A group">
      <Form submit={async () => undefined} close={close} label="Keep">
        {() => <input aria-label="name" />}
      </Form>
    </Dialog>
  );
}

test("a window with something typed is not closed by a slip; cancelling and saving close it", async () => {
  const user = show(<Window />);
  await user.type(await screen.findByLabelText("name"), "VIP");
  expect(closes()).toBe(false);
  await user.keyboard("{Escape}");
  await user.click(await screen.findByText("Stay"));
  expect(screen.getByLabelText("name")).toHaveValue("VIP");
  await waitFor(() => expect(screen.queryByText("Stay")).toBeNull());
  await user.click(screen.getByText("Keep"));
  await waitFor(() => expect(screen.queryByLabelText("name")).toBeNull());
  expect(closes()).toBe(true);
});

test("a window where nothing is typed is closed by Escape at once", async () => {
  const user = show(<Window />);
  await screen.findByLabelText("name");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByLabelText("name")).toBeNull());
});
