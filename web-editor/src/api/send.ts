import i18next from "i18next";
import { OfflineError, type Problem, ProblemError } from "./problem";

export interface Sending<T> {
  done: Promise<T>;
  stop: () => void;
}

const unreadable = (request: XMLHttpRequest): Problem => ({
  type: "about:blank",
  title: "",
  status: request.status,
  detail: request.statusText,
  code: "unreadable",
});

/** Sends a file, telling how much of it is there: fetch cannot say that. */
export function send<T>(address: string, file: Blob, progress: (share: number) => void): Sending<T> {
  const request = new XMLHttpRequest();
  const done = new Promise<T>((yes, no) => {
    request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    request.onload = () => {
      let answer: unknown;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        return no(new ProblemError(unreadable(request)));
      }
      if (request.status < 300) yes(answer as T);
      else no(new ProblemError(answer as Problem));
    };
    request.onerror = () => no(new OfflineError());
    request.onabort = () => no(new DOMException("", "AbortError"));
  });
  request.open("POST", address);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("Accept-Language", i18next.language);
  request.setRequestHeader("Idempotency-Key", crypto.randomUUID());
  request.send(file);
  return { done, stop: () => request.abort() };
}
