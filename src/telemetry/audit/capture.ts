/** Records the argument values that the operator selected by tool and path: without secrets, and truncated. */

import type { Request } from "../../enforcement/request.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { parseArgumentPath, type ArgumentPath, resolveArgument, WRONG_CONTAINER } from "../../json/path.ts";
import { printJson } from "../../json/print-json.ts";
import { readArguments } from "../../json/message-bounds.ts";
import { isSecretKey, REDACTED, withoutSecrets } from "./redact.ts";

export interface CaptureRule {
  readonly tool: string;
  /** Such as `args.workflowId`. */
  readonly paths: readonly string[];
}

/** Recorded values by path, as text. */
export type CapturedValues = Readonly<Record<string, string>>;
/** Undefined when nothing is recorded of the request. */
export type Capture = (request: Request) => CapturedValues | undefined;

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
  const capturedByRequest = new WeakMap<Request, CapturedValues>();
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

function valuesAt(text: string, paths: readonly NamedPath[]): CapturedValues {
  const args = readArguments(text);
  if (args === undefined) return {};
  const pairs = paths.flatMap(({ name, path }) => {
    const value = resolveArgument(args, path);
    return value === undefined || value === WRONG_CONTAINER
      ? []
      : [[name, redactedText(value, path)] as const];
  });
  return Object.fromEntries(pairs);
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
