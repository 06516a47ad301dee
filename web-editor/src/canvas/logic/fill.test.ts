import fc from "fast-check";
import { expect, test } from "vitest";
import { fill, type Sample, textOf } from "./fill";

const sample: Sample = {
  contact: { name: "Анна", email: "", attributes: { city: "Казань", points: 12 } },
  campaign: { name: "Осень" },
};
const text = (template: string) => textOf(fill(template, sample));

test("the simple forms are filled in", () => {
  expect(text("Привет, {{ contact.name }}!")).toBe("Привет, Анна!");
  expect(text('{{contact.name ?? "друг"}}, {{ contact.nick ?? "друг" }}')).toBe("Анна, друг");
  expect(text("{{ contact.attributes.city }}: {{ contact.attributes.points }} · {{ campaign.name }}")).toBe(
    "Казань: 12 · Осень",
  );
  expect(text("{{ contact.attributes.none }}")).toBe("");
  expect(text('{{ contact.email ?? "нет" }}')).toBe("");
  expect(text('{{ "{{" }} и {{ "}}" }}')).toBe("{{ и }}");
  expect(fill('Сюда: {{ link("https://shop.example/a") }}', sample)[1]?.kind).toBe("link");
});

test("what is not simple is shown as it is written, and nothing is lost", () => {
  expect(fill("{{ upper(contact.name) }}", sample)).toEqual([{ kind: "open", text: "upper(contact.name)" }]);
  expect(text("{{ not closed")).toBe("{{ not closed");
  expect(text("{{ contact.__proto__.x }}")).toBe("");
  fc.assert(
    fc.property(
      fc.string().filter((s) => !s.includes("{{")),
      (s) => {
        expect(text(s)).toBe(s);
      },
    ),
  );
});
