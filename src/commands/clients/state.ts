/** Remembers which entries are wrapped, so that unwrap can restore their files byte for byte: one JSON file beside policies and backups. */

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { writeProblem } from "../../config/file-fault.ts";
import { readConfigFile, writeAtomically } from "./file-text.ts";

const PLACE = {
  client: z.string(),
  /** The file itself, not a symbolic link to it. */
  file: z.string(),
  path: z.array(z.string()),
  policy: z.string(),
  /** `HOST:PORT` or `HOST:FIRST-LAST`. */
  admin: z.string(),
};

const STDIO = z.object({
  ...PLACE,
  kind: z.literal("stdio"),
  isListAdded: z.boolean(),
  isScript: z.boolean(),
});
const HTTP = z.object({
  ...PLACE,
  kind: z.literal("http"),
  /** The address as the file wrote it, with its quotes. */
  original: z.string(),
  /** The address that took its place. */
  url: z.string(),
  /** The key of the server in the file of `tollgate up`. */
  server: z.string(),
});

const STATE = z.object({
  version: z.literal(1),
  /** By path: the text before any entry was wrapped, in `backup`, and a digest of the text that wrap wrote. */
  files: z.record(z.string(), z.object({ backup: z.string(), digest: z.string() })),
  entries: z.array(z.discriminatedUnion("kind", [STDIO, HTTP])),
  /** The server that a policy file is for, by the name of the file: a digest of its command or address. */
  policies: z.record(z.string(), z.string()),
});

export type ClientsState = Readonly<z.infer<typeof STATE>>;
export type WrappedEntry = Readonly<ClientsState["entries"][number]>;
export type WrappedStdio = Readonly<z.infer<typeof STDIO>>;
export type WrappedHttp = Readonly<z.infer<typeof HTTP>>;

const EMPTY: ClientsState = { version: 1, files: {}, entries: [], policies: {} };

export type StateReading =
  | { readonly ok: true; readonly state: ClientsState; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/** The folder of a user, in which state, backups and policies lie. */
export function statePath(folder: string): string {
  return join(folder, "clients.json");
}

/** Empty when there is no file yet. */
export function readState(folder: string): StateReading {
  const path = statePath(folder);
  const reading = readConfigFile(path);
  if (reading.kind === "missing") return { ok: true, state: EMPTY, text: "" };
  if (reading.kind === "problem") return { ok: false, problem: reading.problem };
  try {
    return { ok: true, state: STATE.parse(JSON.parse(reading.text)), text: reading.text };
  } catch {
    const problem = `${path}: is not what tollgate clients wrote; move it away, then tollgate clients unwrap`;
    return { ok: false, problem };
  }
}

/** Writes the state, unless another process has changed it since it was read as `before`. Returns the problem, if any. */
export function writeState(folder: string, before: string, state: ClientsState): string | undefined {
  const path = statePath(folder);
  const now = readConfigFile(path);
  if ((now.kind === "text" ? now.text : "") !== before)
    return `${path}: another tollgate clients has changed it; run the command again`;
  return writePrivate(path, `${JSON.stringify(state, null, 2)}\n`);
}

/** Security: backups and the addresses of servers may hold credentials: only their owner reads them. */
export function writePrivate(path: string, text: string): string | undefined {
  try {
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    writeAtomically(path, text, 0o600);
    return undefined;
  } catch (error) {
    return writeProblem(path, error);
  }
}

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The entry of that place; undefined when it is not wrapped. */
export function entryAt(
  { entries }: ClientsState,
  file: string,
  path: readonly string[],
): WrappedEntry | undefined {
  const place = JSON.stringify([file, path]);
  return entries.find((entry) => JSON.stringify([entry.file, entry.path]) === place);
}
