import { Center, Container, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { onExpired } from "../api/client";
import { statusOf } from "../api/problem";
import { Failure } from "../parts/Failure";
import { Expired } from "./Expired";
import { readSession, type Session, SessionContext, sessionKey, signInAddress } from "./session";

/** Shows what it holds to those who have signed in; others are led to the page where one does. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const [expired, setExpired] = useState(false);
  const me = useQuery({ queryKey: sessionKey, queryFn: readSession, staleTime: 60_000 });
  const known = me.data;
  const stranger = !known && statusOf(me.error) === 401;
  useEffect(() => onExpired(() => setExpired(true)), []);
  useEffect(() => {
    if (stranger) location.replace(signInAddress(location, i18n.language));
  }, [stranger, i18n.language]);
  const session = useMemo<Session | null>(
    () => (known ? { me: known, may: (scope) => known.scopes.includes(scope as never) } : null),
    [known],
  );
  if (session) {
    return (
      <SessionContext value={session}>
        {children}
        {expired && <Expired me={session.me} done={() => setExpired(false)} />}
      </SessionContext>
    );
  }
  if (me.isError && !stranger) {
    return (
      <Container size="sm" py="xl">
        <Failure error={me.error} again={() => me.refetch()} />
      </Container>
    );
  }
  return (
    <Center h="100vh" component="main">
      <Loader aria-label={t("parts.loading")} />
    </Center>
  );
}
