/** The official JSON Schema test suite, from the source package of the Python library `jsonschema`, which carries it. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";

const PACKAGE = "jsonschema-4.26.0";
const SHA256 = "0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326";
const CACHE = resolve(import.meta.dirname, "../../../node_modules/.cache/security/json-schema-suite");

export interface SuiteCase {
  readonly name: string;
  readonly schema: JsonObject;
  readonly data: Json;
  readonly isValid: boolean;
}

/** The required cases of a draft, `draft2020-12` or `draft7`, whose schema is an object, as an inputSchema must be. */
export function requiredCases(python: string, draft: string): SuiteCase[] {
  const folder = join(unpackedSuite(python), "json/tests", draft);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => listOf(parsed(join(folder, file))).flatMap((group) => casesOf(file, group)));
}

function casesOf(file: string, group: JsonObject): SuiteCase[] {
  const schema = group.get("schema");
  if (!isJsonObject(schema)) return [];
  return listOf(group.get("tests")).map((test) => ({
    name: `${file}: ${String(group.get("description"))}: ${String(test.get("description"))}`,
    schema,
    data: test.get("data") ?? null,
    isValid: test.get("valid") === true,
  }));
}

function listOf(json: Json | undefined): JsonObject[] {
  return isJsonArray(json) ? json.filter(isJsonObject) : [];
}

function parsed(file: string): Json {
  const read = readJson(readFileSync(file, "utf8"));
  if (!read.ok) throw new Error(`${file}: ${read.detail}`);
  return read.value;
}

function unpackedSuite(python: string): string {
  const home = join(CACHE, PACKAGE);
  if (existsSync(join(home, "json/tests"))) return home;
  mkdirSync(CACHE, { recursive: true });
  const archive = join(CACHE, `${PACKAGE}.tar.gz`);
  const download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
  run(python, [...download, "--no-binary", ":all:", "-d", CACHE, PACKAGE.replace("-", "==")]);
  const digest = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (digest !== SHA256) throw new Error(`${archive}: has the digest ${digest}, expected ${SHA256}`);
  run("tar", ["-xzf", archive, "-C", CACHE]);
  return home;
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr.trim()}; PyPI must be reachable`);
}
