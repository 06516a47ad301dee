import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { Missing } from "./Missing";
import { Shell } from "./Shell";
import { Waiting } from "./Waiting";

const screens: RouteObject[] = [
  { index: true, element: <Navigate to="/cascades" replace /> },
  { path: "cascades", lazy: async () => ({ Component: (await import("../screens/cascades/Cascades")).Cascades }) },
  { path: "cascades/:scheme", lazy: async () => ({ Component: (await import("../screens/cascade/Cascade")).Cascade }) },
  {
    path: "cascades/:scheme/versions",
    lazy: async () => ({ Component: (await import("../versions/Versions")).Versions }),
  },
  { path: "campaigns", lazy: async () => ({ Component: (await import("../screens/campaigns/Campaigns")).Campaigns }) },
  {
    path: "campaigns/new",
    lazy: async () => ({ Component: (await import("../screens/launch/NewCampaign")).NewCampaign }),
  },
  {
    path: "campaigns/mailing",
    lazy: async () => ({ Component: (await import("../screens/mailing/Mailing")).Mailing }),
  },
  {
    path: "campaigns/:campaign",
    lazy: async () => ({ Component: (await import("../screens/campaign/Campaign")).CampaignScreen }),
  },
  {
    path: "contacts",
    lazy: async () => ({ Component: (await import("../screens/contacts/Contacts")).Contacts }),
  },
  {
    path: "contacts/groups",
    lazy: async () => ({ Component: (await import("../screens/contacts/Groups")).Groups }),
  },
  {
    path: "contacts/doubles",
    lazy: async () => ({ Component: (await import("../screens/contacts/Doubles")).Doubles }),
  },
  {
    path: "contacts/attributes",
    lazy: async () => ({ Component: (await import("../screens/contacts/Attributes")).Attributes }),
  },
  {
    path: "contacts/bin",
    lazy: async () => ({ Component: (await import("../screens/contacts/Bin")).Bin }),
  },
  {
    path: "contacts/stops",
    lazy: async () => ({ Component: (await import("../screens/stops/Stops")).Stops }),
  },
  {
    path: "contacts/imports",
    lazy: async () => ({ Component: (await import("../screens/imports/Imports")).Imports }),
  },
  {
    path: "contacts/imports/new",
    lazy: async () => ({ Component: (await import("../screens/imports/NewImport")).NewImport }),
  },
  {
    path: "contacts/imports/:import",
    lazy: async () => ({ Component: (await import("../screens/imports/ImportScreen")).ImportScreen }),
  },
  {
    path: "contacts/:contact",
    lazy: async () => ({ Component: (await import("../screens/contacts/Card")).Card }),
  },
  {
    path: "settings",
    lazy: async () => ({ Component: (await import("../screens/settings/SettingsArea")).Settings }),
  },
  {
    path: "settings/account",
    lazy: async () => ({ Component: (await import("../screens/settings/AccountScreen")).AccountScreen }),
  },
  {
    path: "settings/users",
    lazy: async () => ({ Component: (await import("../screens/settings/Users")).Users }),
  },
  {
    path: "settings/tokens",
    lazy: async () => ({ Component: (await import("../screens/settings/Tokens")).Tokens }),
  },
  {
    path: "settings/numbering",
    lazy: async () => ({ Component: (await import("../screens/settings/Numbering")).Numbering }),
  },
  {
    path: "settings/audit",
    lazy: async () => ({ Component: (await import("../screens/settings/Audit")).Audit }),
  },
  {
    path: "settings/me",
    lazy: async () => ({ Component: (await import("../screens/settings/Mine")).Mine }),
  },
  { path: "*", element: <Missing /> },
];

export const makeRouter = () =>
  createBrowserRouter([{ path: "/", element: <Shell />, HydrateFallback: Waiting, children: screens }], {
    basename: "/app",
  });
