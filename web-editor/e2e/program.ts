import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// A kaskad of its own: private database, data folder and address.
export interface Program {
  url: string;
  /** All that it has printed. */
  said(): string;
  stop(): Promise<void>;
}

const binary = process.env.KASKAD_BINARY ?? resolve(import.meta.dirname, "../../.bin/kaskad");

export async function startProgram(...flags: string[]): Promise<Program> {
  const data = await mkdtemp(join(tmpdir(), "kaskad-e2e-"));
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", data, "--lang", "en", ...flags], {
    env: { ...process.env, DATABASE_URL: "", KASKAD_DATABASE_URL: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const url = await new Promise<string>((found, failed) => {
    const read = (chunk: Buffer) => {
      said += chunk.toString();
      const at = /Kaskad: (http:\/\/[^/\s]+)\//.exec(said);
      if (at?.[1]) found(at[1]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => failed(new Error(`kaskad ended before it served:\n${said}`)));
  });
  return { url, said: () => said, stop: () => stop(child, ended, data) };
}

async function stop(child: ChildProcess, ended: Promise<void>, data: string) {
  child.kill("SIGTERM");
  await ended;
  await rm(data, { recursive: true, force: true });
}
