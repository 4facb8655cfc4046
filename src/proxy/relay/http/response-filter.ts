/** Filters a response of the upstream for one agent: no hidden tool, and no request that the server may not make. */

import type { MessageFields } from "../../../mcp/message-fields.ts";
import type { MessageSummary } from "../../../mcp/message-summary.ts";
import { MessageSkimmer } from "../../../mcp/message-skimmer.ts";
import type { HttpExchange, ResponseContext } from "./http-exchange.ts";
import { ownerOf } from "../../../enforcement/request.ts";
import { withOwnTasks } from "../../sessions/tasks-list-filter.ts";
import { refusalForAgent } from "../server-request-rules.ts";
import { withOwnId } from "../../../mcp/own-id.ts";
import { missingForm } from "./foreign-response.ts";
import { SseFilter, type SseFilterOptions } from "./sse-filter.ts";

/** Whether each message of this response must be read whole before it is forwarded. */
export function needsInspection(exchange: HttpExchange, context: ResponseContext): boolean {
  // Where Tollgate may send a message between two events, these are forwarded whole.
  const mayCarryOurs = exchange.kind === "subscription" && exchange.isForTools;
  const mayList = mayCarryToolsList(exchange) || mayCarryTasks(exchange, context);
  return context.serverRequests.isGuarded || mayList || mayCarryOurs;
}

/** Whether it may show tasks of others: a list of tasks, or the stream of a GET. */
function mayCarryTasks({ kind, lifecycle }: HttpExchange, { state }: ResponseContext): boolean {
  if (!state.taskOwners.isStrict) return false;
  return kind === "server_stream" || lifecycle?.request.method === "tasks/list";
}

function mayCarryToolsList({ kind }: HttpExchange): boolean {
  return kind === "tools_list" || kind === "server_stream";
}

/** Forwards each event of a stream when it was read, as this agent may see it. */
export function bufferingFilter(
  exchange: HttpExchange,
  context: ResponseContext,
  hooks: Pick<SseFilterOptions, "mayPass" | "onMessage" | "onUnreadable">,
): SseFilter {
  const mayList = mayCarryToolsList(exchange);
  const showsTasks = mayCarryTasks(exchange, context);
  const rewrite = (data: string, summary: MessageSummary): string | undefined => {
    const replaced = refusedRequest(exchange, context, summary);
    if (replaced !== undefined) return replaced;
    if (showsTasks && isTaskOfAnother(exchange, context, summary)) return "";
    const id = missingForm(summary, exchange);
    const own = id === undefined ? data : withOwnId(data, id);
    if (mayList && summary.hasTools) return filteredList(exchange, context, own);
    return showsTasks && summary.hasResult ? ownTasks(exchange, context, own) : own;
  };
  const fields = context.enforcement.answerFields();
  return new SseFilter({ maxBytes: context.maxListBytes, rewrite, ...hooks, fields });
}

/** The message that replaces one by which the server asks for more than it may; undefined for any other message. */
function refusedRequest(
  { caller }: HttpExchange,
  { serverRequests, refuseServerRequest }: ResponseContext,
  summary: MessageSummary,
): string | undefined {
  const method = serverRequests.deniedIn(summary);
  if (method === undefined) return undefined;
  if (summary.method !== undefined) {
    refuseServerRequest(caller, { method, ...(summary.id !== undefined && { id: summary.id }) });
    return "";
  }
  refuseServerRequest(caller, { method });
  return refusalForAgent(summary.id ?? "null", { method });
}

/** Whether a notification tells the status of a task that is known to be another owner's. */
function isTaskOfAnother(
  { caller }: HttpExchange,
  { state }: ResponseContext,
  { method, taskStatus }: MessageSummary,
): boolean {
  if (method === undefined || taskStatus === undefined) return false;
  return state.taskOwners.isOfAnother(taskStatus.id, ownerOf(caller.agent));
}

/** A list of tasks without those of others; undefined when it cannot be read. */
function ownTasks({ caller }: HttpExchange, { state }: ResponseContext, text: string): string | undefined {
  const owner = ownerOf(caller.agent);
  return withOwnTasks(text, (taskId) => state.taskOwners.isOf(taskId, owner));
}

/** The tools/list as this agent may see it; undefined when it cannot be read. */
function filteredList(
  exchange: HttpExchange,
  { enforcement: { tools, viewFor } }: ResponseContext,
  text: string,
): string | undefined {
  const isFirstPage = exchange.kind === "tools_list" && exchange.isFirstPage;
  return tools.filter(text, viewFor(exchange.caller), isFirstPage);
}

/** A whole body as this agent may see it; undefined when it may be a tools/list and cannot be read. */
export function filteredBody(
  exchange: HttpExchange,
  context: ResponseContext,
  { body, summary }: { readonly body: Buffer; readonly summary: MessageSummary },
): readonly Buffer[] | undefined {
  const replaced = refusedRequest(exchange, context, summary);
  if (replaced !== undefined) return [Buffer.from(replaced)];
  const filter = mayCarryToolsList(exchange) ? filteredList : ownTasks;
  if (filter === ownTasks && !mayCarryTasks(exchange, context)) return [body];
  const filtered = filter(exchange, context, body.toString("utf8"));
  return filtered === undefined ? undefined : [Buffer.from(filtered)];
}

/** A tools/list that was read before, to the byte: its summary, and the part that this agent may see; undefined for any other body. */
export function cachedList(
  exchange: HttpExchange,
  { enforcement: { tools, viewFor }, serverRequests }: ResponseContext,
  body: readonly Buffer[],
): { readonly summary: MessageSummary; readonly pieces: readonly Buffer[] } | undefined {
  const list = mayCarryToolsList(exchange) ? tools.lookup(body, viewFor(exchange.caller)) : undefined;
  // Invariant: no summary depends on the tools of the list.
  const summary = list && summaryOf(Buffer.from(list.emptied));
  if (list === undefined || summary === undefined) return undefined;
  if (serverRequests.deniedIn(summary) !== undefined) return undefined;
  return { summary, pieces: list.chunks };
}

/** Undefined for a body that is not well-formed. */
export function summaryOf(body: Buffer, fields?: MessageFields): MessageSummary | undefined {
  const skimmer = new MessageSkimmer(fields);
  skimmer.push(body);
  return wellFormed(skimmer.end());
}

/** The summary, unless it is of a message that is not well-formed. */
export function wellFormed(summary: MessageSummary): MessageSummary | undefined {
  return summary.isWellFormed ? summary : undefined;
}
