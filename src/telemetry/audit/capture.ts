/** Records the argument values that the operator selected by tool and path: without secrets, and truncated. */

import type { Request } from "../../enforcement/request.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import {
  type ArgumentPath,
  childOf,
  parseArgumentPath,
  resolveArgument,
  WRONG_CONTAINER,
} from "../../json/path.ts";
import { printJson } from "../../json/print-json.ts";
import { readArguments } from "../../json/message-bounds.ts";
import { argumentAmbiguity } from "../../policy/argument-ambiguity.ts";
import { isSecretKey, REDACTED, withoutSecrets } from "./redact.ts";

export interface CaptureRule {
  readonly tool: string;
  /** Such as `args.workflowId`. */
  readonly paths: readonly string[];
}

/** Recorded values by path, as text. */
export type CapturedValues = Readonly<Record<string, string>>;

/**
 * The kind of value at a path. `missing`: none. `unclear`: a value of another type stands on the way, or a name that a server could take
 * for one in the path stands beside it, so that no condition can be evaluated.
 */
export type CapturedType = JsonType | "missing" | "unclear";
type JsonType = "null" | "boolean" | "number" | "text" | "list" | "object";

export interface Captured {
  readonly values: CapturedValues;
  /** By path, for every path of the tool. */
  readonly types: Readonly<Record<string, CapturedType>>;
}

/** Undefined when nothing is recorded of the request. */
export type Capture = (request: Request) => Captured | undefined;

/** Longest value as recorded, in characters. */
const MAX_LENGTH = 512;
/** Characters of a value that are searched for secrets; only the first MAX_LENGTH of them are recorded. */
const MAX_SEARCHED = 65_536;

interface NamedPath {
  readonly name: string;
  readonly path: ArgumentPath;
}

/** Reads the arguments of each request once. @throws TypeError for an invalid path, which the settings refuse before. */
export function createCapture(rules: readonly CaptureRule[]): Capture {
  const pathsOf = new Map<string, NamedPath[]>();
  for (const { tool, paths } of rules)
    pathsOf.set(tool, [...(pathsOf.get(tool) ?? []), ...paths.map(namedPath)]);
  const capturedByRequest = new WeakMap<Request, Captured>();
  return (request) => {
    const paths = request.tool && pathsOf.get(request.tool.name);
    if (paths === undefined || request.args === undefined) return capturedByRequest.get(request);
    const captured = capturedByRequest.get(request) ?? valuesAt(request.args.text, paths);
    capturedByRequest.set(request, captured);
    return captured;
  };
}

function namedPath(name: string): NamedPath {
  const path = parseArgumentPath(name);
  if (path === undefined) throw new TypeError(`${name} is no path into arguments`);
  return { name, path };
}

function valuesAt(text: string, paths: readonly NamedPath[]): Captured {
  const args = readArguments(text);
  const values: [string, string][] = [];
  const types: [string, CapturedType][] = [];
  for (const { name, path } of paths) {
    const value = args === undefined ? WRONG_CONTAINER : resolveArgument(args, path);
    if (value !== undefined && value !== WRONG_CONTAINER) values.push([name, redactedText(value, path)]);
    types.push([name, args === undefined ? "unclear" : typeAt(args, path)]);
  }
  return { values: Object.fromEntries(values), types: Object.fromEntries(types) };
}

function typeAt(args: JsonObject, path: ArgumentPath): CapturedType {
  if (argumentAmbiguity(args, path) !== undefined) return "unclear";
  const value = resolveArgument(args, path);
  if (value === WRONG_CONTAINER) return "unclear";
  return value === undefined ? absenceAt(args, path) : jsonType(value);
}

/** Whether a path that finds nothing ends at null. */
function absenceAt(args: JsonObject, path: ArgumentPath): CapturedType {
  const [last, ...before] = path.toReversed();
  const parent = resolveArgument(args, before.toReversed());
  if (last === undefined || parent === undefined || parent === WRONG_CONTAINER) return "missing";
  return childOf(parent, last) === null ? "null" : "missing";
}

function jsonType(value: Json): JsonType {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  if (value instanceof JsonNumber) return "number";
  return isJsonArray(value) ? "list" : "object";
}

// Security: secrets are removed before the cut, since half a token would not be recognised.
function redactedText(value: Json, path: ArgumentPath): string {
  if (path.some((segment) => isSecretKey(String(segment)))) return REDACTED;
  const text = typeof value === "string" ? value : printJson(withoutSecretMembers(value));
  const clean = withoutSecrets(text.slice(0, MAX_SEARCHED));
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH).toWellFormed()}...` : clean;
}

function withoutSecretMembers(value: Json): Json {
  if (isJsonArray(value)) return value.map(withoutSecretMembers);
  if (!isJsonObject(value)) return value;
  const members = Array.from(value, ([name, member]) => {
    return [name, isSecretKey(name) ? REDACTED : withoutSecretMembers(member)] as const;
  });
  return new Map(members);
}
