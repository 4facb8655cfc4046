/** Finds the tasks that a message of a client names, and whether it may. */

import type { MaybePromise } from "../../enforcement/maybe-promise.ts";
import { foldName, foldsOnto, protectedNames } from "../../json/confusable-names.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../json/json.ts";
import type { Message } from "../../mcp/message.ts";
import type { TaskOwners, TaskUse } from "./task-owners.ts";

/** Most tasks of one message. */
const MAX_TASKS = 64;

/** Whether the owner may use all tasks that the message names. */
export function mayUseTasks(owners: TaskOwners, message: Message, owner: string): MaybePromise<TaskUse> {
  const used = tasksUsedBy(message);
  // A client that makes tasks for the server names these, too: they have no owner here.
  if (tasksRelatedTo(message).some((taskId) => owners.isOfAnother(taskId, owner))) return "foreign";
  if (used.length > MAX_TASKS) return "foreign";
  const uses = used.map((taskId) => (taskId === undefined ? "foreign" : owners.mayUse(taskId, owner)));
  if (uses.includes("foreign")) return "foreign";
  const asked = uses.filter((use) => use instanceof Promise);
  return asked.length === 0 ? "own" : Promise.all(asked).then(worstOf);
}

function worstOf(uses: readonly TaskUse[]): TaskUse {
  return uses.find((use) => use === "foreign") ?? uses.find((use) => use === "unavailable") ?? "own";
}

/** The id of a task; undefined stands for a value that is no text, which a server could turn into one. */
type NamedTask = string | undefined;

const RELATED_TASK = "io.modelcontextprotocol/related-task";
const TASK_IDS = protectedNames(["taskIds"]);
const FILTER = protectedNames(["notifications"]);

/** The tasks that a request uses: that of `tasks/...`, and those whose notifications `subscriptions/listen` asks for. */
function tasksUsedBy(message: Message): readonly NamedTask[] {
  if (message.kind === "response" || message.kind === "call" || message.params === undefined) return [];
  // Security: in any spelling of the method that a lenient server could read as this, and also without an id.
  const method = foldName(message.method);
  if (method.startsWith("tasks/")) return idsIn(message.params.get("taskId"));
  return method === "subscriptions/listen" ? subscribedTasks(message.params) : [];
}

/** The tasks that a message says to belong to. Its client may have made them, for requests of the server. */
function tasksRelatedTo(message: Message): readonly string[] {
  if (message.kind === "response") return [];
  const hints = [message.meta?.get(RELATED_TASK), message.params?.get("task")];
  return hints.map((hint) => (isJsonObject(hint) ? hint.get("taskId") : undefined)).filter(isText);
}

function subscribedTasks(params: JsonObject): readonly NamedTask[] {
  const filters = [...params].filter(([name]) => isNamed(name, FILTER)).map(([, value]) => value);
  return [params, ...filters.filter(isJsonObject)].flatMap((filter) =>
    [...filter].filter(([name]) => isNamed(name, TASK_IDS)).flatMap(([, ids]) => idsIn(ids)),
  );
}

function isNamed(name: string, names: ReturnType<typeof protectedNames>): boolean {
  return names.exact.has(name) || foldsOnto(name, names);
}

function idsIn(value: Json | undefined): readonly NamedTask[] {
  if (value === undefined || value === null) return [];
  return (isJsonArray(value) ? value : [value]).map((id) => (isText(id) ? id : undefined));
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string";
}
