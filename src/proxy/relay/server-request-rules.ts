/** Rules for the requests of the server (sampling, elicitation, roots), by themselves or within a result. */

import type { OutgoingHttpHeaders } from "node:http";
import { errorBody } from "../../mcp/error-response.ts";
import { errorMessage } from "../../mcp/parse-message.ts";
import type { ResponseMessage } from "../../mcp/message.ts";
import type { MessageSummary } from "../../mcp/message-summary.ts";
import type { Upstream } from "../upstream.ts";

export type ServerRequestRules = Readonly<Record<string, "allow" | "deny">>;

export interface ServerRequests {
  /** Whether any rule denies, so that messages must be read before they pass. */
  readonly isGuarded: boolean;
  /** The denied method that this message asks for; undefined when it may pass. */
  readonly deniedIn: (summary: MessageSummary) => string | undefined;
}

export interface RefusedServerRequest {
  readonly method: string;
  /** Its id as a token; absent when the request stood in a result. */
  readonly id?: string;
}

/** `rules` by method, `*` for the others. A method without a rule passes, and so does `ping` unless it is named. */
export function createServerRequests(rules: ServerRequestRules): ServerRequests {
  const named = new Map(Object.entries(rules));
  const isDenied = (method: string): boolean =>
    (named.get(method) ?? (method === "ping" ? "allow" : named.get("*"))) === "deny";
  return {
    isGuarded: [...named.values()].includes("deny"),
    deniedIn: ({ method, id, inputMethods }) => {
      if (method === undefined) return inputMethods.find(isDenied);
      // Without an id it asks for nothing.
      return id !== undefined && isDenied(method) ? method : undefined;
    },
  };
}

const KNOWN = new Set(["sampling/createMessage", "elicitation/create", "roots/list", "ping"]);

/** One sentence for the log; it names known methods alone, never the server's own words. */
export function messageFor({ method }: RefusedServerRequest): string {
  return `the server may not ask for ${KNOWN.has(method) ? method : "this method"}`;
}

/** The response to the agent in place of a result with a denied request; `id` is its own request's, as a token. */
export function refusalForAgent(id: string, refused: RefusedServerRequest): string {
  const advice = "Do not retry; use another tool, or ask the operator.";
  return errorBody(REFUSED, `[POLICY DENIED] ${messageFor(refused)} here. ${advice}`, id);
}

/** The response to the server in the agent's stead; `id` is its request's, as a token. */
export function refusalForServer(id: string, refused: RefusedServerRequest): ResponseMessage {
  return errorMessage(id, REFUSED, `[POLICY DENIED] ${messageFor(refused)} of its agents. Do not retry.`);
}

/** Answers a request of the server in the agent's stead, when it has an id; `headers` are those of the agent's request. */
export function answerServer(
  upstream: Upstream,
  headers: OutgoingHttpHeaders,
  refused: RefusedServerRequest,
): void {
  const { id } = refused;
  if (id === undefined) return;
  const { response } = upstream.relay(refusalForServer(id, refused), { ...headers, ...POSTED });
  response.then(
    (answer) => answer.bufferedBody ?? answer.resume(),
    // A server that has ended needs no response.
    () => undefined,
  );
}

const POSTED = { "content-type": "application/json", accept: "application/json, text/event-stream" };
/** As for a method that the policy denies. */
const REFUSED = 403;
