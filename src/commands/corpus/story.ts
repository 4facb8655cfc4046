/** The format of corpus files, and a strict reader for it. */

import { type Outcome, OUTCOMES } from "../../mcp/vocabulary.ts";
import { EFFECTS, type Effect, REASONS, type Reason } from "../../policy/mode.ts";
import { type NamePattern, parseNamePattern } from "../../policy/names/pattern.ts";
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

/** One corpus file. */
export interface Story {
  /** The claim of the story, in one sentence. */
  readonly story: string;
  /** The policy itself, or the path of its file relative to the corpus file. */
  readonly policy: Json;
  /** Like the flag `--mode`; absent: the mode of the policy. */
  readonly mode?: "enforce" | "shadow";
  /** The moment that `at` counts from, in ISO 8601; by default a midnight in UTC. */
  readonly start?: string;
  /** Tool definitions of the server; a tool that is not listed is known by its name only. */
  readonly tools?: readonly StoryTool[];
  readonly calls: readonly StoryCall[];
}

/** A tool definition of the server. */
export interface StoryTool {
  readonly name: string;
  readonly description?: string;
  readonly arguments?: readonly string[];
  readonly annotations?: ReadonlyMap<string, boolean>;
  /** Arguments are held against it; without it they are not checked. */
  readonly inputSchema?: JsonObject;
}

/** One call, or several equal ones, with the expected decision. */
export interface StoryCall {
  /** A name; in a file also a pattern, for one call of each of the story's tools that it matches. Absent for other methods than tools/call. */
  readonly tool?: string;
  /** Position in the list of the file, which may have fewer calls; the reader sets it. */
  readonly position?: number;
  readonly method?: string;
  /** Whether a revision of MCP defines the method; true by default. */
  readonly known?: boolean;
  readonly args?: JsonObject;
  readonly agent?: string;
  readonly user?: string;
  /** Further properties of the caller. */
  readonly caller?: StoryCaller;
  readonly session?: string;
  /** Seconds after the start of the story; 0 by default. */
  readonly at?: number;
  /** Seconds that the call is in flight; by default it has ended before the next call of the story. */
  readonly lasts?: number;
  /** How the call ended; by default with success and without bytes. */
  readonly answer?: StoryAnswer;
  /** Number of equal calls at this moment, each with this expectation; 1 by default. */
  readonly times?: number;
  /** Whether exactly this call has been approved. */
  readonly approved?: boolean;
  /** Whether the tool's definition differs from the pinned one. */
  readonly changed?: boolean;
  readonly expect: Expectation;
}

/** The end of a call, for limits that count something of the answer. */
export interface StoryAnswer {
  readonly outcome?: Outcome;
  readonly bytes?: number;
  /** Values in `structuredContent` by their paths: `{ "usage.tokens": 7 }`. */
  readonly structured?: JsonObject;
}

/** Properties of the caller that no other field of a call has. Groups, scopes and issuer are in the claims. */
export interface StoryCaller {
  readonly source?: string;
  readonly address?: string;
  readonly claims?: JsonObject;
}

/** The expected decision; absent fields are not compared. */
export interface Expectation {
  readonly effect: Effect;
  readonly reason?: Reason;
  readonly rule?: string;
  readonly retry_after?: number;
  readonly message?: string;
}

const OBJECT: Shape<JsonObject> = {
  read: (json, place) => (isJsonObject(json) ? json : reportUnexpected(place, "an object", json)),
  schema: { type: "object" },
};

const CALLER: Shape<StoryCaller> = object<StoryCaller>({
  source: optional(string()),
  address: optional(string()),
  claims: optional(OBJECT),
});

const ANSWER: Shape<StoryAnswer> = object<StoryAnswer>({
  outcome: optional(oneOf(...OUTCOMES)),
  bytes: optional(number("bytes", (value) => value >= 0, { minimum: 0 })),
  structured: optional(OBJECT),
});

const COUNT = number("a whole number above 0", (value) => Number.isInteger(value) && value > 0, {
  minimum: 1,
});

const CALL: Shape<StoryCall> = refine(
  object<Omit<StoryCall, "position">>({
    tool: optional(string()),
    method: optional(string()),
    known: optional(boolean()),
    args: optional(OBJECT),
    agent: optional(string()),
    user: optional(string()),
    caller: optional(CALLER),
    session: optional(string()),
    at: optional(number("seconds", () => true, {})),
    lasts: optional(number("seconds above 0", (value) => value > 0, { exclusiveMinimum: 0 })),
    answer: optional(ANSWER),
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

const STORY: Shape<Story> = refine(
  object<Story>({
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
          inputSchema: optional(OBJECT),
        }),
      ),
    ),
    calls: required(array(CALL)),
  }),
  withNames,
);

/** Replaces each call of a pattern by a call of each tool that it matches. */
function withNames(story: Story, place: DocumentPath): Story {
  const calls = story.calls.flatMap((call, position): StoryCall[] => {
    const pattern = call.tool === undefined ? undefined : parseNamePattern(call.tool);
    // A story without tools has no names for a pattern, so that its text is the name.
    const names = (pattern && namesFor(pattern, story.tools)) ?? [call.tool];
    if (names.length === 0)
      place.at("calls").at(position).at("tool").report("matches none of the story's tools");
    return names.map((tool) => ({ ...call, ...(tool !== undefined && { tool }), position }));
  });
  return { ...story, calls };
}

function namesFor(pattern: NamePattern, tools: Story["tools"]): string[] | undefined {
  if (pattern.name !== undefined) return [pattern.name];
  return tools?.map(({ name }) => name).filter((name) => pattern.matches(name));
}

export type StoryReading =
  | { readonly ok: true; readonly story: Story }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The story in the JSON of a corpus file, or all its problems. */
export function readStory(json: Json): StoryReading {
  const problems: Problem[] = [];
  const story = STORY.read(json, DocumentPath.root(problems));
  return story === undefined || problems.length > 0 ? { ok: false, problems } : { ok: true, story };
}
