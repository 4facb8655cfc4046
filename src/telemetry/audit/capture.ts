/** Argument values that the operator has asked to keep: by tool and path, without secrets, and short. */

import type { Request } from "../../enforcement/request.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { parseArgumentPath, type ArgumentPath, resolveArgument } from "../../json/path.ts";
import { printJson } from "../../json/print-json.ts";
import { readJson } from "../../json/read-json.ts";
import { isSecretKey, REDACTED, withoutSecrets } from "./redact.ts";

export interface CaptureRule {
  readonly tool: string;
  /** Such as `args.workflowId`. */
  readonly paths: readonly string[];
}

/** Values by their paths, as text; undefined when nothing is kept of this request. */
export type CapturedValues = Readonly<Record<string, string>>;
export type Capture = (request: Request) => CapturedValues | undefined;

/** Longest value as kept. */
const MAX_LENGTH = 512;
/** Of a longer value no more than this is searched for secrets: what is kept is at its beginning. */
const MAX_SEARCHED = 65_536;

interface NamedPath {
  readonly name: string;
  readonly path: ArgumentPath;
}

/** Each request is read once, however often it is asked about. @throws TypeError for a path that is none, which settings refuse. */
export function createCapture(rules: readonly CaptureRule[]): Capture {
  const pathsOf = new Map<string, NamedPath[]>();
  for (const { tool, paths } of rules)
    pathsOf.set(tool, [...(pathsOf.get(tool) ?? []), ...paths.map(namedPath)]);
  const known = new WeakMap<Request, CapturedValues>();
  return (request) => {
    const paths = request.tool && pathsOf.get(request.tool.name);
    if (paths === undefined || request.args === undefined) return known.get(request);
    const captured = known.get(request) ?? valuesAt(request.args.text, paths);
    known.set(request, captured);
    return captured;
  };
}

function namedPath(name: string): NamedPath {
  const path = parseArgumentPath(name);
  if (path === undefined) throw new TypeError(`${name} is no path into arguments`);
  return { name, path };
}

function valuesAt(text: string, paths: readonly NamedPath[]): CapturedValues {
  const reading = readJson(text);
  if (!reading.ok || !isJsonObject(reading.value)) return {};
  const args = reading.value;
  const pairs = paths.flatMap(({ name, path }) => {
    const value = resolveArgument(args, path);
    return value === undefined ? [] : [[name, keptText(value, path)] as const];
  });
  return Object.fromEntries(pairs);
}

// Security: first without secrets, then cut, so that half a token is not taken for a harmless text.
function keptText(value: Json, path: ArgumentPath): string {
  if (path.some(isSecretKey)) return REDACTED;
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
