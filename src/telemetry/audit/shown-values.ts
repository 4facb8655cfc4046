/** Writes the parameters of a waiting call for the person who decides: each value by its path, without secrets, and bounded. */

import type { ShownValue, ShownValues } from "../../enforcement/approvals/approval.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import { isSecretKey, REDACTED, withoutSecrets } from "./redact.ts";

/** Bytes of paths and values of one call, in UTF-8. */
const MAX_BYTES = 8_192;
const MAX_VALUES = 64;
/** Longest value as shown, in characters. */
const MAX_LENGTH = 1_024;
/** Longest name in a path, in characters. */
const MAX_NAME = 128;
/** Characters of a value that are searched for secrets. */
const MAX_SEARCHED = 65_536;

/** The arguments come first, then every other parameter, `task` for one, and `_meta` last. */
export function shownValues(params: JsonObject): ShownValues {
  const shown: Writing = { values: [], bytes: 0, more: 0 };
  const others = Array.from(params).filter(([name]) => !APART.has(name));
  for (const [name, value] of [["args", params.get("arguments")] as const, ...others, metaOf(params)]) {
    if (value !== undefined) writeValue(shown, segment("", name), value, isSecretKey(name));
  }
  return { values: shown.values, more: shown.more };
}

const APART: ReadonlySet<string> = new Set(["name", "arguments", "_meta"]);

function metaOf(params: JsonObject): readonly [string, Json | undefined] {
  return ["_meta", params.get("_meta")];
}

interface Writing {
  readonly values: ShownValue[];
  bytes: number;
  more: number;
}

function writeValue(shown: Writing, path: string, value: Json, isSecret: boolean): void {
  if (isSecret) return add(shown, { path, text: REDACTED });
  if (isJsonObject(value) && value.size > 0) {
    for (const [name, member] of value) writeValue(shown, segment(path, name), member, isSecretKey(name));
  } else if (isJsonArray(value) && value.length > 0) {
    for (const [index, item] of value.entries()) writeValue(shown, `${path}[${index}]`, item, false);
  } else add(shown, { path, ...textOf(value) });
}

function add(shown: Writing, value: ShownValue): void {
  const bytes = Buffer.byteLength(value.path) + Buffer.byteLength(value.text);
  if (shown.values.length >= MAX_VALUES || shown.bytes + bytes > MAX_BYTES) {
    shown.more += 1;
    return;
  }
  shown.bytes += bytes;
  shown.values.push(value);
}

// Security: secrets are removed before the cut, since half a token would not be recognised.
function textOf(value: Json): Pick<ShownValue, "text" | "length"> {
  const text = typeof value === "string" ? value : printJson(value);
  const clean = withoutSecrets(text.slice(0, MAX_SEARCHED));
  const isCut = clean.length > MAX_LENGTH || text.length > MAX_SEARCHED;
  const kept = isCut ? `${clean.slice(0, MAX_LENGTH).toWellFormed()}…` : clean;
  return {
    text: typeof value === "string" ? JSON.stringify(kept) : kept,
    ...(isCut && { length: text.length }),
  };
}

const PLAIN = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

function segment(path: string, name: string): string {
  const shown = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME).toWellFormed()}…` : name;
  if (!PLAIN.test(shown)) return `${path}[${JSON.stringify(shown)}]`;
  return path === "" ? shown : `${path}.${shown}`;
}
