import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, once, take } from "../../api/client";
import { isProblem } from "../../api/problem";
import { etag } from "../../canvas/draft";
import { wordsOf } from "../../parts/tell";
import { campaignKey, campaignsKey } from "../campaigns/model";
import type { Over } from "./Mailing";
import { keep, type Message, sameDocument, schemeOf } from "./message";

/** Publishes a message as a scheme of one block. Gives the version. */
async function publish(m: Message, over: Over | null): Promise<string> {
  const document = schemeOf(m, over?.drawing) as never;
  let [scheme, revision] = ["", 0];
  const path = { scheme: over?.scheme ?? "" };
  const draft = path.scheme ? await take(api.GET("/api/v1/schemes/{scheme}/draft", { params: { path } })) : null;
  // A drawing that somebody has changed since is left as it is: the mailing goes on with a copy of its own.
  const known = [over?.document, document].some((d) => sameDocument(draft?.document, d));
  if (draft && known) {
    scheme = path.scheme;
    const saved = await take(
      api.PUT("/api/v1/schemes/{scheme}/draft", {
        params: { path, header: { "If-Match": etag(draft.revision) } },
        body: { document },
      }),
    );
    revision = saved.revision;
  } else {
    const made = await take(api.POST("/api/v1/schemes", { params: { header: once() }, body: { document } }));
    [scheme, revision] = [made.id, made.revision];
  }
  try {
    const version = await take(
      api.POST("/api/v1/schemes/{scheme}/publish", {
        params: { path: { scheme }, header: { ...once(), "If-Match": etag(revision) } },
        body: {},
      }),
    );
    return version.id;
  } catch (error) {
    // Nothing was changed: the version is there already.
    if (isProblem(error, "unchanged")) return (error.problem.data as { version: string }).version;
    throw error;
  }
}

/** Goes on from the message to its recipients: the scheme is published, and a draft of a campaign runs it. */
export function useContinue() {
  const go = useNavigate();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const send = async (m: Message, over: Over | null): Promise<string> => {
    const version = await publish(m, over);
    const name = m.name.trim();
    if (over) {
      const path = { campaign: over.campaign };
      await api.PATCH("/api/v1/campaigns/{campaign}", { params: { path }, body: { version, name } });
      await queries.invalidateQueries({ queryKey: campaignKey(over.campaign) });
      return over.campaign;
    }
    const made = await take(api.POST("/api/v1/campaigns", { params: { header: once() }, body: { name, version } }));
    keep(null);
    return made.id;
  };
  const run = async (m: Message, over: Over | null) => {
    setBusy(true);
    setWrong("");
    try {
      const campaign = await send(m, over);
      void queries.invalidateQueries({ queryKey: campaignsKey });
      void queries.invalidateQueries({ queryKey: ["schemes"] });
      go(`/campaigns/${campaign}`);
    } catch (error) {
      setWrong(wordsOf(error));
      setBusy(false);
    }
  };
  return { busy, wrong, run };
}
