/** The file of `tollgate up` for servers that clients reach over HTTP: one listener for each. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Document, isMap, parseDocument } from "yaml";

/** One server of the file. */
export interface UpServer {
  readonly upstream: string;
  readonly listen: string;
  readonly admin: string;
  readonly policy: string;
  readonly agent: string;
  /** HTTP+SSE clients are served at /sse. */
  readonly "serve-sse"?: true;
}

export function upFile(folder: string): string {
  return join(folder, "servers.yaml");
}

/** The text as it is; empty when there is no file. @throws the error of node:fs */
export function readUpFile(folder: string): string {
  const path = upFile(folder);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Adds and removes servers; comments and other servers stay. A string that is undefined: the file is no YAML mapping. */
export function editUpText(
  text: string,
  added: Readonly<Record<string, UpServer>>,
  removed: readonly string[],
): string | undefined {
  const document = text.trim() === "" ? new Document({ servers: {} }) : parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
  if (text.trim() === "") document.commentBefore = HEADER;
  for (const name of removed) document.deleteIn(["servers", name]);
  for (const [name, server] of Object.entries(added))
    document.setIn(["servers", name], document.createNode(server));
  return document.toString({ lineWidth: 0 });
}

const HEADER = " Servers that clients reach over HTTP, by way of Tollgate. Written by tollgate clients wrap.";
