/** The summary of an upstream message: a few of its values, without its content. */

import { Buffer } from "node:buffer";
import {
  ERROR,
  ERROR_CODE,
  type Field,
  ID,
  IN_PARAMS,
  IN_RESULT,
  IN_TASK,
  IS_ERROR,
  type MessageFields,
  METHOD,
  RESULT,
  RESULT_TYPE,
  TASK,
  type TaskFields,
  TOOLS,
  VERSION,
} from "./message-fields.ts";

/** The type and the deciding values of one JSON-RPC message. Of a name that occurs twice the last one counts. */
export interface MessageSummary {
  /** One object and nothing else, its strings, brackets, colons and commas in order. Numbers and UTF-8 were not checked. */
  readonly isWellFormed: boolean;
  /** `jsonrpc` is "2.0". */
  readonly isJsonRpc: boolean;
  /** As `idToken` writes it; absent when the message has none, or null. */
  readonly id: string | undefined;
  /** Present on requests and notifications of the server; `_other` when it is not a plain string. */
  readonly method: string | undefined;
  readonly hasResult: boolean;
  /** `error` exists and is not null. */
  readonly hasError: boolean;
  /** `error.code`. */
  readonly errorCode: number | undefined;
  /** `result.isError` is true. */
  readonly isError: boolean;
  /** `result.resultType`, of the modern era. */
  readonly resultType: string | undefined;
  /** The method of each request in `result.inputRequests`, of the modern era; `_other` when it is not a plain string. */
  readonly inputMethods: readonly string[];
  /** `result.tools` is an array. */
  readonly hasTools: boolean;
  /** The result is a task or refers to one: `result.task` is an object, or `result.taskId` exists. */
  readonly hasTask: boolean;
  /** `result.task.taskId` or `result.taskId`. */
  readonly taskId: string | undefined;
  /** Present when the message reports the status of a task. */
  readonly taskStatus?: TaskStatus | undefined;
  /** The tokens at the paths that the skimmer was asked for, as they are written; absent when there are none. */
  readonly amounts?: ReadonlyMap<string, string>;
}

/** The status of a task as a message reports it: in `result.task`, in `result`, or, in a notification, in `params`. */
export interface TaskStatus {
  readonly id: string;
  /** Reported in `result.task`: the response is about the task and has no result of its own. */
  readonly isMember: boolean;
  /** The server's own value. */
  readonly status: string;
  /** `result.isError` beside the status is true. */
  readonly isError: boolean;
  /** `result` beside the status is an object. */
  readonly hasResult?: true;
  /** `error` beside the status is an object. */
  readonly hasError: boolean;
  readonly errorCode: number | undefined;
}

/** Replaces a token that was too long to keep. It is not JSON, so it has no type. */
export const TOO_LONG = "?";

/** Summarises a message from its kept tokens, which have one character a byte. */
export function summarizeMessage(
  kept: ReadonlyMap<Field, string>,
  inputMethods: readonly string[],
  { isWellFormed, amounts }: { readonly isWellFormed: boolean; readonly amounts: MessageFields["amounts"] },
): MessageSummary {
  const error = kept.get(ERROR);
  const method = kept.get(METHOD);
  return {
    isWellFormed,
    isJsonRpc: stringOfToken(kept.get(VERSION)) === "2.0",
    id: responseId(kept.get(ID)),
    method: method === undefined ? undefined : (stringOfToken(method) ?? "_other"),
    hasResult: kept.has(RESULT),
    hasError: error !== undefined && error !== "null",
    errorCode: error === "{" ? numberOfToken(kept.get(ERROR_CODE)) : undefined,
    isError: kept.get(IS_ERROR) === "true",
    resultType: stringOfToken(kept.get(RESULT_TYPE)),
    inputMethods: inputMethods.map((token) => stringOfToken(token) ?? "_other"),
    hasTools: kept.get(TOOLS) === "[",
    hasTask: kept.get(TASK) === "{" || kept.has(IN_RESULT.id),
    taskId: stringOfToken(kept.get(IN_TASK.id)) ?? stringOfToken(kept.get(IN_RESULT.id)),
    taskStatus:
      method === undefined
        ? (readTaskStatus(kept, IN_TASK) ?? readTaskStatus(kept, IN_RESULT))
        : readTaskStatus(kept, IN_PARAMS),
    ...(amounts.size > 0 && { amounts: keptAmounts(kept, amounts) }),
  };
}

function keptAmounts(
  kept: ReadonlyMap<Field, string>,
  amounts: MessageFields["amounts"],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [path, field] of amounts) {
    const token = kept.get(field);
    if (token !== undefined) found.set(path, token);
  }
  return found;
}

function readTaskStatus(kept: ReadonlyMap<Field, string>, places: TaskFields): TaskStatus | undefined {
  const status = stringOfToken(kept.get(places.status));
  const id = status === undefined ? undefined : stringOfToken(kept.get(places.id));
  if (status === undefined || id === undefined) return undefined;
  return {
    id,
    isMember: places === IN_TASK,
    status,
    isError: kept.get(places.isError) === "true",
    ...(kept.get(places.result) === "{" && { hasResult: true }),
    hasError: kept.get(places.error) === "{",
    errorCode: numberOfToken(kept.get(places.errorCode)),
  };
}

const PLAIN_STRING = /^"[ !#-[\]-~]*"$/;

/** Decodes a string token that has one character a byte; undefined when it is not a string. */
export function stringOfToken(token: string | undefined): string | undefined {
  if (token === undefined || !token.startsWith('"')) return undefined;
  if (PLAIN_STRING.test(token)) return token.slice(1, -1);
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "latin1").toString("utf8"));
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function numberOfToken(token: string | undefined): number | undefined {
  const value = token === undefined || token === "" ? Number.NaN : Number(token);
  return Number.isFinite(value) ? value : undefined;
}

/** The id as a token. Clients compare numbers by value, so `7.0` is the id 7. */
function responseId(token: string | undefined): string | undefined {
  const text = stringOfToken(token);
  if (text !== undefined) return JSON.stringify(text);
  const value = numberOfToken(token);
  return value === undefined ? undefined : String(value);
}
