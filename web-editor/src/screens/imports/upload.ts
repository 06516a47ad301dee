import { type Sending, send } from "../../api/send";
import type { Import, Kind } from "./model";

export type Upload = Sending<Import>;

/** Sends a file to be imported. */
export const upload = (file: File, kind: Kind, progress: (share: number) => void): Upload =>
  send<Import>(`/api/v1/imports?${new URLSearchParams({ kind, name: file.name })}`, file, progress);
