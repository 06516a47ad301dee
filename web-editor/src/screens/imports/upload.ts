import i18next from "i18next";
import { OfflineError, type Problem, ProblemError } from "../../api/problem";
import type { Import, Kind } from "./model";

export interface Upload {
  done: Promise<Import>;
  stop: () => void;
}

/** Sends a file, telling how much of it is there: fetch cannot say that. */
export function upload(file: File, kind: Kind, progress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Import>((yes, no) => {
    request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    request.onload = () => {
      let answer: unknown;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = { type: "about:blank", title: "", status: request.status, detail: request.statusText, code: "unreadable" };
      }
      if (request.status < 300) yes(answer as Import);
      else no(new ProblemError(answer as Problem));
    };
    request.onerror = () => no(new OfflineError());
    request.onabort = () => no(new DOMException("", "AbortError"));
  });
  request.open("POST", `/api/v1/imports?${new URLSearchParams({ kind, name: file.name })}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("Accept-Language", i18next.language);
  request.setRequestHeader("Idempotency-Key", crypto.randomUUID());
  request.send(file);
  return { done, stop: () => request.abort() };
}
