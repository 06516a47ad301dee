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
  { path: "*", element: <Missing /> },
];

export const makeRouter = () =>
  createBrowserRouter([{ path: "/", element: <Shell />, HydrateFallback: Waiting, children: screens }], {
    basename: "/app",
  });
