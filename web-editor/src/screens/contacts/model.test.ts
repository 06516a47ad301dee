import { expect, test } from "vitest";
import {
  type Attribute,
  type Contact,
  changesOf,
  namedIn,
  readColumns,
  typedOf,
  typeOf,
  usual,
  valueFor,
} from "./model";

const contact: Contact = {
  id: "7",
  name: "Анна",
  phone: "+79161234567",
  email: "",
  zone: "",
  local_zone: "Europe/Moscow",
  zone_source: "phone",
  tags: ["vip"],
  attributes: { city: "Казань", age: 30, subscribed: true },
  addresses: { vk: "42" },
  groups: [],
  consents: [],
  source: "",
  created_at: "",
  updated_at: "",
};
const declared: Attribute[] = [{ key: "born", title: "", type: "date", choices: [], created_at: "" }];
const kind = (key: string) => typeOf(key, declared, contact.attributes[key]);

test("what was not touched is not sent", () => {
  const typed = typedOf(contact);
  expect(changesOf(typed, { ...typed, name: "Анна " }, kind)).toBeNull();
});

test("only what was changed is sent, and what was emptied is cleared", () => {
  const typed = typedOf(contact);
  const after = {
    ...typed,
    name: "",
    email: " a@b.ru ",
    tags: ["vip", "new"],
    addresses: { ...typed.addresses, vk: "", ok: "5" },
    attributes: { ...typed.attributes, age: "31,5", subscribed: "false", city: "", born: "1990-02-01" },
  };
  expect(changesOf(typed, after, kind)).toEqual({
    name: null,
    email: "a@b.ru",
    tags: ["vip", "new"],
    addresses: { vk: null, ok: "5" },
    attributes: { age: 31.5, subscribed: false, city: null, born: "1990-02-01" },
  });
});

test("what is no number is left to the server to refuse", () => {
  expect(valueFor("many", "number")).toBe("many");
  expect(valueFor(" ", "number")).toBeNull();
});

test("columns that were kept wrongly are the usual ones", () => {
  expect(readColumns("{")).toEqual(usual);
  expect(readColumns(null)).toEqual(usual);
  expect(readColumns('["email"]')).toEqual(["email"]);
});

test("a problem names the contact that has the phone", () => {
  expect(namedIn("Этот телефон уже есть у контакта 912229411391981989: измените его.")).toBe("912229411391981989");
  expect(namedIn("Нет")).toBeUndefined();
});
