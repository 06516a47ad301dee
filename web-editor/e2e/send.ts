import type { BrowserContext } from "playwright-core";
import type { Program } from "./program";

/** Asks the program's interface as whoever is signed in, and gives the answer. */
export async function call(context: BrowserContext, program: Program, path: string, data?: object) {
  const address = `${program.url}/api/v1${path}`;
  const answer = await (data ? context.request.post(address, { data }) : context.request.get(address));
  return answer.json();
}

/** Makes and publishes a cascade of two messages. Gives its id. */
export async function published(context: BrowserContext, program: Program, name: string): Promise<string> {
  const viber = { sender: "SHOP", text: "Скидка", decision_time: "2h" };
  const document = {
    kind: "cascade",
    name,
    nodes: [
      { id: "v", type: "viber", name: "Viber", x: 80, y: 60, config: viber },
      { id: "s", type: "sms", name: "Запасная", x: 80, y: 260, config: { sender: "SHOP", text: "Скидка 20%" } },
    ],
    links: [{ id: "1", from: "v", to: "s", type: "status", value: "not_delivered" }],
  };
  const made = await call(context, program, "/schemes", { document });
  await context.request.post(`${program.url}/api/v1/schemes/${made.id}/publish`, {
    headers: { "If-Match": `"${made.revision}"` },
    data: {},
  });
  return made.id;
}
