/** Reads a JSON or YAML file; number tokens stay as written. */

import { readFileSync } from "node:fs";
import { textPosition } from "../../config/files/policy-file.ts";
import { readProblem } from "../../config/file-fault.ts";
import { readYaml } from "../../config/files/yaml.ts";
import type { Json } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";

export type DocumentReading =
  | { readonly ok: true; readonly value: Json }
  /** Each as `file: line 1, column 2: problem`. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Wider than for messages: an operator's file may be large. */
const BOUNDS = { maxDepth: 256, maxNodes: 20_000_000, maxKeys: 20_000_000 };

/** The document in a file; `.yaml` and `.yml` are YAML, everything else is JSON. */
export function readDocument(file: string): DocumentReading {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return { ok: false, problems: [readProblem(file, error)] };
  }
  if (!/\.ya?ml$/i.test(file)) return readJsonDocument(text, file);
  const read = readYaml(text);
  return read.ok ? read : { ok: false, problems: read.problems.map((problem) => `${file}: ${problem}`) };
}

/** The document in a JSON text; `name` begins each problem. Arguments may hold a lone surrogate in a value. */
export function readJsonDocument(
  text: string,
  name: string,
  { allowsLoneSurrogates = false } = {},
): DocumentReading {
  const read = readJson(text, { ...BOUNDS, allowsLoneSurrogates });
  if (read.ok) return read;
  return { ok: false, problems: [`${name}: ${textPosition(text, read.offset)}: ${read.detail}`] };
}
