import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { useState } from "react";
import { initReactI18next } from "react-i18next";
import { expect, test } from "vitest";
import { initWords } from "../app/words";
import en from "../words/en/dates.json";
import ru from "../words/ru/dates.json";
import { Clock, Day } from "./WallFields";

const resources = { en: { translation: { dates: en } }, ru: { translation: { dates: ru } } };

async function show(language: string, what: React.ReactNode) {
  await initWords(i18next.use(initReactI18next), { lng: language, resources });
  render(<MantineProvider env="test">{what}</MantineProvider>);
  return userEvent.setup();
}

function Time({ tell }: { tell: (time: string) => void }) {
  const [time, setTime] = useState("10:00");
  const set = (at: string) => {
    setTime(at);
    tell(at);
  };
  return <Clock label="Time" value={time} set={set} />;
}

test("a time that is typed before the button of the mouse is let go is not lost", async () => {
  let at = "";
  const user = await show(
    "en",
    <Time
      tell={(time) => {
        at = time;
      }}
    />,
  );
  const hours = screen.getByLabelText("Time: time, hours");
  await user.pointer({ keys: "[MouseLeft>]", target: hours });
  await user.keyboard("1");
  await user.pointer({ keys: "[/MouseLeft]", target: hours });
  await user.keyboard("630");
  expect(at).toBe("16:30");
  await user.click(hours);
  await user.keyboard("1445");
  expect(at).toBe("14:45");
});

function DayOnly({ tell }: { tell: (day: string) => void }) {
  const [day, setDay] = useState("2026-06-15");
  const set = (d: string) => {
    setDay(d);
    tell(d);
  };
  return <Day label="Day" value={day} set={set} />;
}

test.each([
  ["ru", "15.06.2026", "1.7.26", "01.07.2026"],
  ["en", "Jun 15, 2026", "7/1/26", "Jul 1, 2026"],
])("a day is written and read as the interface speaks, not the browser: %s", async (language, before, typed, after) => {
  let day = "";
  const user = await show(
    language,
    <DayOnly
      tell={(d) => {
        day = d;
      }}
    />,
  );
  const field = screen.getByLabelText("Day");
  expect(field).toHaveValue(before);
  await user.clear(field);
  expect(day).toBe("");
  await user.type(field, typed);
  await user.tab();
  expect(day).toBe("2026-07-01");
  expect(field).toHaveValue(after);
});
