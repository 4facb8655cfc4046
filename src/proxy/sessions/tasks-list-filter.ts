/** Removes the tasks of others from a tasks/list result. */

import { removeElements } from "../../json/edit-json.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { LIST_BOUNDS } from "../tools/tools-list-filter.ts";

/** The message with the tasks that are the caller's; undefined when it cannot be parsed strictly. */
export function withOwnTasks(text: string, isOwn: (taskId: string) => boolean): string | undefined {
  const read = readJson(text, LIST_BOUNDS);
  if (!read.ok || !isJsonObject(read.value)) return undefined;
  const result = read.value.get("result");
  const tasks = isJsonObject(result) ? result.get("tasks") : undefined;
  if (!isJsonArray(tasks)) return text;
  const others = tasks.map((task) => !isOwn(taskIdOf(task)));
  return others.includes(true)
    ? removeElements(read.minified, ["result", "tasks"], (index) => others[index] === true)
    : text;
}

function taskIdOf(task: Json): string {
  const id = isJsonObject(task) ? task.get("taskId") : undefined;
  return typeof id === "string" ? id : "";
}
