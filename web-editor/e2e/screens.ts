import type { BrowserContext, Page } from "playwright-core";
import type { Program } from "./program";
import { call, published } from "./send";

/** A screen to be drawn: where it is, and what is there when it is whole. */
export interface Screen {
  name: string;
  path: string;
  ready: string;
  /** What is done before the picture. */
  prepare?: (page: Page) => Promise<unknown>;
  /** Drawn in the dark too. */
  main?: boolean;
  /** It is not of the application: its address is the program's own, its language stands there. */
  plain?: boolean;
  /** Only what the window shows: something lies over the rest. */
  window?: boolean;
  /** Nobody is signed in. */
  stranger?: boolean;
}

/** What the pictures are of: made once, beside what the demonstration has. */
export async function furnish(context: BrowserContext, program: Program) {
  const ask = (path: string, data?: object) => call(context, program, path, data);
  const scheme = await published(context, program, "Скидка");
  const version = (await ask(`/schemes/${scheme}`)).published.version;
  const template = (await ask("/templates")).items?.[0];
  const start = { when: "cron", cron: "0 10 * * 1" };
  const window = { zone: "recipient", days: [1, 2, 3, 4, 5], from: "10:00", to: "21:00" };
  const draft = await ask("/campaigns", { name: "Осенняя рассылка", version, start, window, tags: ["осень"] });
  const { items } = await ask("/contacts?limit=3");
  await ask("/stops", { addresses: [items[1].phone], reason: "просили" });
  await ask("/groups", { name: "Постоянные покупатели" });
  const plan = "АВС/ DEF;От;До;Емкость;Оператор;Регион\n900;0000000;0099999;100000;ООО;Омская обл.\n";
  await context.request.put(`${program.url}/api/v1/numbering-plan?name=DEF-9xx.csv`, {
    headers: { "Content-Type": "text/csv" },
    data: Buffer.from(plan),
  });
  const campaign = (await ask("/campaigns?q=Viber%2C%20voice%2C%20SMS")).items.at(-1);
  const cascade = (await ask(`/versions/${campaign.version}`)).scheme ?? scheme;
  return { scheme, cascade, template, draft: draft.id, campaign: campaign.id, contact: items[0].id };
}

export const screens = (x: Awaited<ReturnType<typeof furnish>>, recipient: number): Screen[] => [
  { name: "sign-in", path: "/sign-in", ready: "input[type=password]", plain: true, stranger: true, main: true },
  { name: "status", path: "/", ready: "a.campaign", plain: true },
  { name: "cascades", path: "/cascades", ready: "main a[href*='/cascades/']", main: true },
  {
    name: "canvas",
    path: `/cascades/${x.scheme}`,
    ready: ".react-flow__node-block, [data-list] li, main ul li",
    main: true,
  },
  {
    name: "try",
    path: `/cascades/${x.scheme}`,
    ready: ".react-flow__node-block, [data-list] li, main ul li",
    prepare: async (page) => {
      await page
        .getByRole("button", { name: /Проверить|Испытать|Try/ })
        .first()
        .click();
      await page.locator("[data-tryit]").waitFor();
    },
  },
  { name: "versions", path: `/cascades/${x.scheme}/versions`, ready: "main h1, main h2" },
  { name: "campaigns", path: "/campaigns", ready: "main a[href*='/campaigns/']", main: true },
  { name: "campaign-new", path: `/campaigns/new?scheme=${x.scheme}`, ready: "main input" },
  {
    name: "mailing",
    path: "/campaigns/mailing",
    ready: '[data-channel="viber"]',
    prepare: (p) => p.locator('[data-channel="viber"]').click(),
  },
  {
    name: "launch",
    path: `/campaigns/${x.draft}`,
    ready: "[data-chart] canvas",
    prepare: (p) => p.locator("[data-dates-input]").first().waitFor(),
    main: true,
  },
  {
    name: "campaign",
    path: `/campaigns/${x.campaign}`,
    ready: "[data-funnel]",
    prepare: (p) => p.locator("[data-live]").first().waitFor(),
    main: true,
  },
  { name: "recipients", path: `/campaigns/${x.campaign}?tab=recipients`, ready: "main table, main ul li" },
  {
    name: "recipient",
    path: `/campaigns/${x.campaign}?tab=recipients&recipient=${recipient}`,
    ready: "[data-walk] li",
    window: true,
    main: true,
  },
  { name: "terms", path: `/campaigns/${x.campaign}?tab=terms`, ready: "main table" },
  { name: "history", path: `/campaigns/${x.campaign}?tab=history`, ready: "main .mantine-Timeline-item" },
  { name: "contacts", path: "/contacts", ready: "main table tbody tr, main ul li", main: true },
  { name: "contact", path: `/contacts/${x.contact}`, ready: "main h1" },
  { name: "import", path: "/contacts/imports/new", ready: "main h1" },
  { name: "imports", path: "/contacts/imports", ready: "main h1" },
  { name: "groups", path: "/contacts/groups", ready: "main table tbody tr, main ul li" },
  { name: "stops", path: "/contacts/stops", ready: "main table tbody tr, main ul li" },
  { name: "attributes", path: "/contacts/attributes", ready: "main h1" },
  { name: "doubles", path: "/contacts/doubles", ready: "main h1" },
  { name: "bin", path: "/contacts/bin", ready: "main h1" },
  ...["account", "users", "tokens", "numbering", "audit", "me"].map((tab) => ({
    name: `settings-${tab}`,
    path: `/settings/${tab}`,
    ready: "main h1",
    main: tab === "account",
  })),
];
