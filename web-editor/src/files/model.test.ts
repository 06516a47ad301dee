import { expect, test } from "vitest";
import { clock, isAddress, loudness, recorderType, recordingName, refusal } from "./model";

test("an address is told from a stored name", () => {
  for (const a of ["https://a.example/x.mp3", "HTTP://a.example", " https://a.example"])
    expect(isAddress(a)).toBe(true);
  for (const n of ["привет.mp3", "https.mp3", "", "ftp://a.example/x"]) expect(isAddress(n)).toBe(false);
});

test("a recorder writes the best that it can", () => {
  expect(recorderType(() => true)).toBe("audio/webm;codecs=opus");
  expect(recorderType((t) => t === "audio/mp4")).toBe("audio/mp4");
  expect(recorderType(() => false)).toBe("");
  expect(recorderType(undefined)).toBeNull();
});

test("the clock of a recorder", () => {
  expect([0, 9.9, 61, 600, -3].map(clock)).toEqual(["0:00", "0:09", "1:01", "10:00", "0:00"]);
});

test("loudness lies between silence and the loudest", () => {
  expect(loudness([])).toBe(0);
  expect(loudness([128, 128])).toBe(0);
  expect(loudness([0, 255])).toBe(1);
  expect(loudness([130, 126])).toBeGreaterThan(0);
  expect(loudness([130, 126])).toBeLessThan(0.1);
});

test("why there is no recording", () => {
  const named = (name: string) => Object.assign(new Error("x"), { name });
  expect(refusal(named("NotAllowedError"))).toBe("refused");
  expect(refusal(named("NotFoundError"))).toBe("none");
  expect(refusal(named("NotReadableError"))).toBe("broken");
  expect(refusal(7)).toBe("broken");
});

test("a recording is named by its instant", () => {
  expect(recordingName("Запись", new Date(2026, 10, 2, 7, 5))).toBe("Запись 2026-11-02 07.05");
});
