import { useQueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, once, take } from "../../api/client";
import type { components } from "../../api/schema";
import { wordsOf } from "../../parts/tell";
import { schemesKey } from "./actions";

function read(text: string): Record<string, unknown> | null {
  try {
    const v: unknown = JSON.parse(text);
    return typeof v === "object" && v !== null ? (v as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

type New = components["schemas"]["NewScheme"];

/** Makes a scheme and opens it; tells what went wrong otherwise. */
export function useCreate() {
  const queries = useQueryClient();
  const go = useNavigate();
  const [busy, setBusy] = useState("");
  const [wrong, setWrong] = useState("");
  const run = async (what: string, make: () => Promise<string>) => {
    setBusy(what);
    setWrong("");
    try {
      const id = await make();
      await queries.invalidateQueries({ queryKey: schemesKey });
      go(`/cascades/${id}`);
    } catch (error) {
      setWrong(wordsOf(error));
      setBusy("");
    }
  };
  const create = async (body: New) =>
    (await take(api.POST("/api/v1/schemes", { params: { header: once() }, body }))).id;
  const bring = async (file: File) => {
    const body = read(await file.text());
    if (!body) throw new Error(i18next.t("cascades.new.unreadable"));
    // A file of ours holds the document with its tests; a bare document is taken as well.
    if (!("kaskad_scheme" in body)) return create({ document: body as never });
    return (await take(api.POST("/api/v1/schemes/import", { params: { header: once() }, body: body as never }))).scheme
      .id;
  };
  return {
    busy,
    wrong,
    clear: () => setWrong(""),
    blank: (name: string) => run("blank", () => create({ kind: "cascade", name })),
    template: (id: string) => run(id, () => create({ template: id })),
    file: (file: File) => run("file", () => bring(file)),
  };
}
