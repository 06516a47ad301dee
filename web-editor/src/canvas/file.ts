import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { api, take } from "../api/client";
import { download } from "../parts/download";
import { tell, told } from "../parts/tell";
import { useWorkbench } from "./context";
import type { DraftState } from "./draft";
import { fromFile } from "./logic/file";

/** Saves an open scheme as a file, and takes one from a file: a step that can be undone like any other. */
export function useFile(draft: DraftState) {
  const { t } = useTranslation();
  const w = useWorkbench();
  const { scheme = "" } = useParams();
  const save = async () => {
    try {
      await draft.flush();
      const file = await take(api.GET("/api/v1/schemes/{scheme}/export", { params: { path: { scheme } } }));
      const name = w.editor.getState().scheme.name || t("cascades.nameless");
      download(`${name}.json`, JSON.stringify(file, null, 2), "application/json");
    } catch (error) {
      tell(error);
    }
  };
  const open = async (file: File) => {
    const found = fromFile(await file.text(), w.editor.getState().scheme.kind);
    if (typeof found === "string") return tell(new Error(t(`canvas.file.${found}`)));
    w.editor.getState().end();
    w.editor.getState().change(() => found);
    told(t("canvas.file.taken", { name: file.name }));
    requestAnimationFrame(() => w.view.fit());
  };
  const choose = () => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = ".json,application/json";
    input.onchange = () => {
      const [file] = input.files ?? [];
      if (file) open(file).catch(tell);
    };
    input.click();
  };
  return { save, choose };
}
