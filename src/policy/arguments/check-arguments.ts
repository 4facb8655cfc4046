/** Holds the arguments of a call against its tool's inputSchema. */

import type { JsonObject } from "../../json/json.ts";
import type { ArgumentsFault } from "./argument-check.ts";
import { validatorOf } from "./schema-pool.ts";
import { UncheckedError } from "./unchecked.ts";

const SCHEMA_UNKNOWN: ArgumentsFault = {
  cause: "schema_unknown",
  text: "the tool's input schema is not known: send tools/list, then make the same call again",
};

/** Returns the fault of the arguments; undefined when they fit. */
export function checkArguments(
  args: JsonObject,
  inputSchema: JsonObject | undefined,
): ArgumentsFault | undefined {
  if (inputSchema === undefined) return SCHEMA_UNKNOWN;
  const compiled = validatorOf(inputSchema);
  if (!compiled.ok) {
    return { cause: "schema_unusable", text: `the tool's input schema ${compiled.problem}` };
  }
  try {
    const expectation = compiled.check(args);
    if (expectation === undefined) return undefined;
    const { path, text } = expectation;
    return { cause: "invalid", path, text: `${path} ${text}` };
  } catch (error) {
    return { cause: "unchecked", text: `the arguments ${uncheckedText(error)}` };
  }
}

// Security: a fault of the library, such as a stack that is too deep, leaves the arguments unchecked, which is no validity.
function uncheckedText(error: unknown): string {
  return error instanceof UncheckedError ? error.message : "cannot be held against the tool's input schema";
}
