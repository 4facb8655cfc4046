/** The methods of all protocol revisions from 2024-11-05 to 2026-07-28, with the tasks extension. */

import { isConfusable, protectedNames } from "../json/confusable-names.ts";

const REQUEST_METHODS = [
  "completion/complete",
  "elicitation/create",
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/get",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/subscribe",
  "resources/templates/list",
  "resources/unsubscribe",
  "roots/list",
  "sampling/createMessage",
  "server/discover",
  "subscriptions/listen",
  "tasks/cancel",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "tasks/update",
  "tools/call",
  "tools/list",
] as const;

const NOTIFICATION_METHODS = [
  "notifications/cancelled",
  "notifications/elicitation/complete",
  "notifications/initialized",
  "notifications/message",
  "notifications/progress",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
  "notifications/roots/list_changed",
  "notifications/subscriptions/acknowledged",
  "notifications/tasks",
  "notifications/tasks/status",
  "notifications/tools/list_changed",
] as const;

/** Requests by which a client learns what it may know, or ends what it has begun. They make no server act. */
const INFORMING_METHODS: ReadonlySet<string> = new Set([
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/unsubscribe",
  "server/discover",
  "subscriptions/listen",
  "tasks/cancel",
  "tools/list",
]);

/** Whether the method passes while its agent is frozen: exactly by this name. */
export function passesFreeze(method: string): boolean {
  return INFORMING_METHODS.has(method);
}

const REQUEST_NAMES = protectedNames(REQUEST_METHODS);

/** Whether some revision has a request of this name, or of one that a lenient server could read as this. */
export function isRequestMethod(method: string): boolean {
  return REQUEST_NAMES.exact.has(method) || isConfusable(method, REQUEST_NAMES);
}

/** Requests and notifications in both directions. */
export const METHODS: readonly string[] = [...REQUEST_METHODS, ...NOTIFICATION_METHODS];

const KNOWN: ReadonlySet<string> = new Set(METHODS);

/** Whether some revision of the protocol has the method. */
export function isKnownMethod(method: string): boolean {
  return KNOWN.has(method);
}
