/** The format of corpus files, and its strict reader. */

import { EFFECTS, type Effect, REASONS, type Reason } from "../../policy/mode.ts";
import { isJsonObject, type Json, type JsonObject } from "../../json/json.ts";
import { DocumentPath, type Problem } from "../../policy/schema/document-path.ts";
import {
  anyJson,
  record,
  boolean,
  array,
  number,
  object,
  optional,
  refine,
  reportUnexpected,
  required,
  type Shape,
  string,
  oneOf,
} from "../../policy/schema/schema.ts";

export interface Story {
  /** What the story shows, in one sentence. */
  readonly story: string;
  /** The policy itself, or the path of its file, beside the corpus file. */
  readonly policy: Json;
  /** `shadow` shadows everything, as the command line's `--mode` does. */
  readonly mode?: "enforce" | "shadow";
  /** The moment that `at` counts from, in ISO 8601; a midnight in UTC unless told. */
  readonly start?: string;
  /** Tools as the server describes them; a tool that is not listed has only its name. */
  readonly tools?: readonly StoryTool[];
  readonly calls: readonly StoryCall[];
}

export interface StoryTool {
  readonly name: string;
  readonly description?: string;
  readonly arguments?: readonly string[];
  readonly annotations?: ReadonlyMap<string, boolean>;
}

export interface StoryCall {
  /** Absent for another method than tools/call. */
  readonly tool?: string;
  readonly method?: string;
  /** Whether some revision of the protocol knows the method; true unless told. */
  readonly known?: boolean;
  readonly args?: JsonObject;
  readonly agent?: string;
  readonly session?: string;
  /** Seconds after the story's start. */
  readonly at?: number;
  /** The same call so many times at this moment, each with this expectation. */
  readonly times?: number;
  /** A person approved exactly this call. */
  readonly approved?: boolean;
  /** The tool's definition is no longer the pinned one. */
  readonly changed?: boolean;
  readonly expect: Expectation;
}

/** What is left out is not compared. */
export interface Expectation {
  readonly effect: Effect;
  readonly reason?: Reason;
  readonly rule?: string;
  readonly retry_after?: number;
  readonly message?: string;
}

const ARGS: Shape<JsonObject> = {
  read: (json, place) => (isJsonObject(json) ? json : reportUnexpected(place, "an object", json)),
  schema: { type: "object" },
};

const COUNT = number("a whole number above 0", (value) => Number.isInteger(value) && value > 0, {
  minimum: 1,
});

const CALL: Shape<StoryCall> = refine(
  object<StoryCall>({
    tool: optional(string()),
    method: optional(string()),
    known: optional(boolean()),
    args: optional(ARGS),
    agent: optional(string()),
    session: optional(string()),
    at: optional(number("seconds", () => true, {})),
    times: optional(COUNT),
    approved: optional(boolean()),
    changed: optional(boolean()),
    expect: required(
      object<Expectation>({
        effect: required(oneOf(...EFFECTS)),
        reason: optional(oneOf(...REASONS)),
        rule: optional(string()),
        retry_after: optional(number("seconds", () => true, {})),
        message: optional(string()),
      }),
    ),
  }),
  (call, place) => {
    const isOne = (call.tool === undefined) !== (call.method === undefined);
    return isOne ? call : place.report("must have either a tool or a method");
  },
);

const STORY: Shape<Story> = object<Story>({
  story: required(string(1)),
  policy: required(anyJson()),
  mode: optional(oneOf("enforce", "shadow")),
  start: optional(
    refine(string(1), (start, place) =>
      Number.isNaN(Date.parse(start)) ? reportUnexpected(place, "a date", start) : start,
    ),
  ),
  tools: optional(
    array(
      object<StoryTool>({
        name: required(string()),
        description: optional(string()),
        arguments: optional(array(string())),
        annotations: optional(record(boolean())),
      }),
    ),
  ),
  calls: required(array(CALL)),
});

export type ReadStory =
  | { readonly ok: true; readonly story: Story }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The story in a corpus file's JSON, or every problem with it. */
export function readStory(json: Json): ReadStory {
  const problems: Problem[] = [];
  const story = STORY.read(json, DocumentPath.root(problems));
  return story === undefined || problems.length > 0 ? { ok: false, problems } : { ok: true, story };
}
