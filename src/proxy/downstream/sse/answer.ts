/** The message that answers a request of a client of HTTP+SSE, made of the response that Streamable HTTP gave. */

import { isJsonObject } from "../../../json/json.ts";
import { readJson } from "../../../json/read-json.ts";
import { errorBody, INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import { withOwnId } from "../../../mcp/own-id.ts";
import { isSameId } from "../../../mcp/message.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { messageOfFailure } from "../../relay/upstream-errors.ts";
import { FAILURES as UPSTREAM_FAILURES, statusAndType } from "../../upstream-failure.ts";
import type { ResponseEnd } from "./streamed-response.ts";

/** The summary of one message. */
export function summaryOf(text: Buffer): MessageSummary {
  const skimmer = new MessageSkimmer();
  skimmer.push(text);
  return skimmer.end();
}

/** The answer to the request `rpcId` in a body of JSON, or an error under its id in place of a body that is none. */
export function answerIn({ status, headers, body, failure }: ResponseEnd, rpcId: string): string {
  if (failure !== undefined) return failedAnswer(FAILURES[failure], rpcId);
  if (body === undefined) return failedAnswer("ended its stream without an answer", rpcId);
  const { isWellFormed, isJsonRpc, method, id, hasResult, hasError } = summaryOf(body);
  const isResponse = isWellFormed && isJsonRpc && method === undefined && (hasResult || hasError);
  if (isResponse && id === rpcId) return body.toString("utf8");
  if (isResponse && (id === undefined ? hasError : isSameId(id, rpcId)))
    return withOwnId(body.toString("utf8"), rpcId);
  const type = { "content-type": String(headers["content-type"] ?? "") };
  return failedAnswer(`answered ${statusAndType({ statusCode: status, headers: type })}`, rpcId);
}

/** `failure` is what the server did, as a predicate. */
export function failedAnswer(failure: string, rpcId: string): string {
  return errorBody(INTERNAL_ERROR, messageOfFailure(failure), rpcId);
}

const FAILURES = {
  broken: "closed the connection within its answer",
  too_large: UPSTREAM_FAILURES.too_large,
} as const;

/** The revision that the result of `initialize` names; undefined when it names none. */
export function negotiatedVersion(text: string): string | undefined {
  const read = readJson(text);
  const result = read.ok && isJsonObject(read.value) ? read.value.get("result") : undefined;
  const version = isJsonObject(result) ? result.get("protocolVersion") : undefined;
  return typeof version === "string" && /^[\w.-]{1,64}$/.test(version) ? version : undefined;
}
