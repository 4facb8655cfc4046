/** Compiles a policy file, JSON or YAML, or lists every problem in it. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { compilePolicy, type CompiledPolicy } from "../../policy/document/compile.ts";
import type { Mode } from "../../policy/mode.ts";
import { parsePolicy } from "../../policy/document/document.ts";
import type { Json } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { readProblem } from "../file-fault.ts";
import { placeOf, placesIn } from "../place-in-file.ts";
import { readYaml } from "./yaml.ts";

export interface PolicyFileOptions {
  /** `shadow` puts every rule in shadow mode, and overrides the file. */
  readonly mode?: Mode;
}

export type PolicyFile =
  | {
      readonly ok: true;
      readonly policy: CompiledPolicy;
      /** sha256 of the bytes, in hex. */
      readonly digest: string;
      /** Remarks on how the file was interpreted, for its author. */
      readonly notes: readonly string[];
    }
  | {
      readonly ok: false;
      readonly digest: string;
      /** `file: line 3, column 5: path: must be ...`, every problem at once. */
      readonly problems: readonly string[];
    };

/** Reads and compiles a file. A file that cannot be read is a problem with an empty digest. */
export function readPolicyFile(file: string, options: PolicyFileOptions = {}): PolicyFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return { ok: false, digest: "", problems: [readProblem(file, error)] };
  }
  return parsePolicyFile(bytes, file, options);
}

/** Compiles the bytes of a file. `file` names it in problems, and its extension selects JSON or YAML. */
export function parsePolicyFile(
  bytes: Uint8Array,
  file: string,
  options: PolicyFileOptions = {},
): PolicyFile {
  const digest = policyDigest(bytes);
  const read = readPolicyText(bytes, file);
  if (!read.ok) return { ok: false, digest, problems: read.problems.map((problem) => `${file}: ${problem}`) };
  const parsed = parsePolicy(read.value);
  if (!parsed.ok) {
    const places = placesIn(decode(bytes) ?? "");
    const problems = parsed.problems.map(({ path, message }) =>
      [file, places(placeOf(path)), path, message].filter(Boolean).join(": "),
    );
    return { ok: false, digest, problems };
  }
  const policy = compilePolicy(parsed.document, { digest, ...options });
  return { ok: true, policy, digest, notes: parsed.document.notes };
}

/** sha256 in hex: identifies a policy in audit records and across replicas. */
export function policyDigest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

type ReadDocument =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the bytes of a file as JSON, by its extension or its text; `file` is only looked at for its name. */
export function readPolicyText(bytes: Uint8Array, file: string): ReadDocument {
  const text = decode(bytes);
  if (text === undefined) return { ok: false, problems: ["must be UTF-8 text"] };
  if (text.trim() === "") return { ok: false, problems: ["is empty, must be a policy"] };
  return isYaml(file, text) ? readYaml(text) : readJsonText(text);
}

/** By the extension; without a known one, text that does not begin like JSON is YAML. */
function isYaml(file: string, text: string): boolean {
  if (/\.ya?ml$/i.test(file)) return true;
  return !/\.json$/i.test(file) && !/^[[{"]/.test(text.trimStart());
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Larger than the bounds of an agent's message: the operator wrote the policy. */
const BOUNDS = { maxNodes: 20_000_000, maxKeys: 20_000_000 };

function readJsonText(text: string): ReadDocument {
  const read = readJson(text, BOUNDS);
  if (read.ok) return read;
  const name = read.cause === "duplicate_key" ? `: ${quotedNameAt(text, read.offset)}` : "";
  return { ok: false, problems: [`${textPosition(text, read.offset)}: ${read.detail}${name}`] };
}

/** A character offset as an editor shows it; `line 1, column 1` is the first character. */
export function textPosition(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `line ${before.split("\n").length}, column ${offset - before.lastIndexOf("\n")}`;
}

function quotedNameAt(text: string, offset: number): string {
  return /"(?:[^"\\]|\\.){0,80}"?/.exec(text.slice(offset, offset + 82))?.[0] ?? "";
}
