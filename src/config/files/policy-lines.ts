/** Writes entries of tools as lines for a policy, and keeps a file of such entries. */

import { readFileSync } from "node:fs";
import { Document } from "yaml";
import { errorCode, readProblem } from "../file-fault.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import { readPolicyText } from "./policy-file.ts";
import { replaceFile } from "./state-file.ts";

export type PolicyFormat = "json" | "yaml";

/** By its extension, a policy file is YAML or JSON. */
export function policyFormat(file: string): PolicyFormat {
  return /\.ya?ml$/i.test(file) ? "yaml" : "json";
}

/** Prints a document, with two spaces of indentation and a final line break. */
export function printPolicyLines(document: JsonObject, format: PolicyFormat): string {
  if (format === "json") return `${printJson(document, 2)}\n`;
  return new Document(plainValue(document)).toString({ lineWidth: 0 });
}

/** JSON as values for the YAML library; Maps stay Maps, where no key is special. */
export function plainValue(json: Json): unknown {
  if (json instanceof JsonNumber) return Number(json.token);
  if (isJsonArray(json)) return json.map(plainValue);
  if (!isJsonObject(json)) return json;
  return new Map(Array.from(json, ([name, value]) => [name, plainValue(value)]));
}

/**
 * Adds the entry of a tool to a file of entries, a policy document of its own, or replaces the one that it has there.
 * Comments in the file are lost. Returns the problem when the file cannot be read or written, else undefined.
 */
export function addPolicyLines(file: string, key: string, entry: JsonObject): string | undefined {
  const read = readEntries(file);
  if (!read.ok) return read.problem;
  const document: JsonObject = new Map<string, Json>([
    ...read.document,
    ["tools", new Map([...read.tools, [key, entry] satisfies [string, Json]])],
  ]);
  return replaceFile(file, printPolicyLines(document, policyFormat(file)));
}

type Entries =
  | { readonly ok: true; readonly document: JsonObject; readonly tools: JsonObject }
  | { readonly ok: false; readonly problem: string };

const EMPTY: JsonObject = new Map<string, Json>();

function readEntries(file: string): Entries {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") return { ok: false, problem: readProblem(file, error) };
    return { ok: true, document: new Map([["version", "1"]]), tools: EMPTY };
  }
  const read = readPolicyText(bytes, file);
  if (!read.ok) return { ok: false, problem: `${file}: ${read.problems.join("; ")}` };
  const document = isJsonObject(read.value) ? read.value : undefined;
  const tools = document?.get("tools") ?? EMPTY;
  if (document === undefined || !isJsonObject(tools))
    return { ok: false, problem: `${file}: must be an object with "tools"` };
  return { ok: true, document, tools };
}
