/** Reads files of credentials again for each use, since they are rotated. */

import { readText } from "../../config/files/watched-file.ts";
import { FetchError } from "../../identity/keys/fetch-json.ts";
import type { IdentityBuilder } from "./refreshable.ts";

/** The text of the file. @throws FetchError */
export function readNow(path: string): string {
  const text = readText(path);
  if (!text.ok) throw new FetchError(text.problems.join(", "));
  return text.value;
}

/** Adds a problem where the file cannot be read at the start. */
export function requireReadable(path: string | undefined, { problems }: IdentityBuilder): void {
  const text = path === undefined ? undefined : readText(path);
  if (text?.ok === false) problems.push(...text.problems);
}
