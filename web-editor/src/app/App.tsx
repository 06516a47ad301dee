import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RouterProvider } from "react-router";
import { Broken } from "./Broken";
import { styleNonce } from "./nonce";
import { makeQueries } from "./queries";
import { makeRouter } from "./routes";
import { SessionProvider } from "./SessionProvider";
import { theme } from "./theme";

export function App() {
  const { t } = useTranslation();
  const [queries] = useState(makeQueries);
  const [router] = useState(makeRouter);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={queries}>
        <ModalsProvider labels={{ confirm: t("parts.confirm"), cancel: t("parts.cancel") }}>
          <Notifications position="bottom-right" />
          <Broken>
            <SessionProvider>
              <RouterProvider router={router} />
            </SessionProvider>
          </Broken>
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
