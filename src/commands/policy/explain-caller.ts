/** The caller and the objects that the flags of `tollgate policy explain` name. */

import { isJsonObject, type JsonObject } from "../../json/json.ts";
import { type Caller, proofOf } from "../../policy/caller.ts";
import { readJsonDocument } from "./read-document.ts";

interface CallerFlags {
  readonly agent: string;
  readonly user?: string | undefined;
  readonly source?: string | undefined;
  readonly address?: string | undefined;
}

export function callerOf(
  { agent, user, source, address }: CallerFlags,
  claims: JsonObject | undefined,
  nowMs: number,
): Caller {
  return {
    agent,
    nowMs,
    ...(user !== undefined && { user }),
    ...(source !== undefined && { source }),
    ...(address !== undefined && { address }),
    ...(claims && { proof: () => proofOf(claims) }),
  };
}

/** Reads the value of a flag; a text says what is wrong with it. */
export function parseObject(text: string, flag: string, example: string): JsonObject | string {
  const read = readJsonDocument(text, flag, { allowsLoneSurrogates: true });
  if (!read.ok) return read.problems.join("; ");
  return isJsonObject(read.value) ? read.value : `${flag}: must be an object, such as ${example}`;
}
