/** The script that every client of the zoo runs, as data: the same steps for each server, in the names of that server. */

/** One request of a client. Its name is the field `do`. */
export type Step =
  | { readonly do: "ping" | "tools" | "resources" | "templates" | "prompts" }
  | CallStep
  /** Calls the tool, cancels the call at its first progress notification, and expects no result. */
  | { readonly do: "cancel"; readonly tool: string; readonly arguments: Json }
  | { readonly do: "read"; readonly uri: string }
  | { readonly do: "prompt"; readonly name: string; readonly arguments: Json }
  | { readonly do: "complete"; readonly prompt: string; readonly argument: string; readonly value: string }
  | { readonly do: "level"; readonly level: string };

export interface CallStep {
  readonly do: "call";
  readonly tool: string;
  /** Absent: the call has no arguments at all, where the client can leave them out. */
  readonly arguments?: Json;
  /** Number of progress notifications to wait for, fewer than the server sends: clients may drop one that comes with the result. Absent: the call asks for none. */
  readonly progress?: number;
  /** Number of log messages that the transcript has here. They come in their own time, so any that no step has shown yet count. */
  readonly logs?: number;
  /** A request of the server, or the cancellation, that the client must know; one that does not skips the step. */
  readonly needs?: "sampling" | "elicitation" | "roots" | "cancel";
}

export type Json = Readonly<Record<string, unknown>>;

/** A character outside the first plane, one of two characters, a line separator, and an escape. */
const HARD_TEXT = 'Grüße 🦄 e\u0301 \u2028 "\\n" </script>';

/** The steps for the servers of `servers`, which all offer the same tools, resources and prompts. */
export const ZOO_PLAN: readonly Step[] = [
  { do: "ping" },
  { do: "tools" },
  { do: "call", tool: "echo", arguments: { text: "hello" } },
  { do: "call", tool: "echo", arguments: { text: HARD_TEXT } },
  { do: "call", tool: "sum", arguments: { a: 2, b: 40 } },
  { do: "call", tool: "nothing" },
  { do: "call", tool: "fail", arguments: { reason: "as asked" } },
  { do: "call", tool: "picture" },
  { do: "call", tool: "no-such-tool", arguments: {} },
  { do: "call", tool: "sum", arguments: { a: "two" } },
  { do: "level", level: "info" },
  { do: "call", tool: "work", arguments: { steps: 4 }, progress: 3, logs: 1 },
  { do: "call", tool: "ask", arguments: {}, needs: "elicitation" },
  { do: "cancel", tool: "wait", arguments: {} },
  { do: "call", tool: "cancelled", arguments: {}, needs: "cancel" },
  { do: "resources" },
  { do: "templates" },
  { do: "read", uri: "zoo://note" },
  { do: "read", uri: "zoo://bytes" },
  { do: "read", uri: "zoo://item/7" },
  { do: "read", uri: "zoo://missing" },
  { do: "prompts" },
  { do: "prompt", name: "greet", arguments: { name: "Ada" } },
  { do: "prompt", name: "no-such-prompt", arguments: {} },
  { do: "call", tool: "echo", arguments: { text: "still here" } },
];

/** The steps for `@modelcontextprotocol/server-everything`. Its results have no times, save the ones of dynamic resources. */
export const EVERYTHING_PLAN: readonly Step[] = [
  { do: "ping" },
  { do: "tools" },
  { do: "call", tool: "echo", arguments: { message: "hello" } },
  { do: "call", tool: "echo", arguments: { message: HARD_TEXT } },
  { do: "call", tool: "get-sum", arguments: { a: 2, b: 40 } },
  { do: "call", tool: "get-structured-content", arguments: { location: "Chicago" } },
  { do: "call", tool: "get-tiny-image" },
  { do: "call", tool: "get-resource-links", arguments: { count: 2 } },
  { do: "call", tool: "get-resource-reference", arguments: { resourceType: "Text", resourceId: 1 } },
  { do: "call", tool: "get-annotated-message", arguments: { messageType: "error", includeImage: true } },
  { do: "call", tool: "no-such-tool", arguments: {} },
  { do: "call", tool: "get-sum", arguments: { a: "two" } },
  { do: "level", level: "info" },
  {
    do: "call",
    tool: "trigger-long-running-operation",
    arguments: { duration: 0.2, steps: 4 },
    progress: 3,
  },
  { do: "call", tool: "trigger-sampling-request", arguments: { prompt: "why?" }, needs: "sampling" },
  { do: "call", tool: "trigger-elicitation-request", arguments: {}, needs: "elicitation" },
  { do: "call", tool: "get-roots-list", arguments: {}, needs: "roots", logs: 1 },
  { do: "cancel", tool: "trigger-long-running-operation", arguments: { duration: 100, steps: 1000 } },
  { do: "resources" },
  { do: "templates" },
  { do: "read", uri: "demo://resource/dynamic/text/1" },
  { do: "read", uri: "demo://resource/missing" },
  { do: "prompts" },
  { do: "prompt", name: "simple-prompt", arguments: {} },
  { do: "prompt", name: "args-prompt", arguments: { city: "Bern", state: "BE" } },
  { do: "prompt", name: "no-such-prompt", arguments: {} },
  { do: "complete", prompt: "completable-prompt", argument: "department", value: "S" },
  { do: "call", tool: "echo", arguments: { message: "still here" } },
];
