/** The summary of an upstream message: a few of its values, without its content. */

import { Buffer } from "node:buffer";

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
  /** `error` beside the status is an object. */
  readonly hasError: boolean;
  readonly errorCode: number | undefined;
}

/** A position in the message whose value is kept; of a container only the bracket is kept. */
export interface Field {
  /** The names that matter when the value is an object. */
  readonly members?: ReadonlyMap<string, Field>;
  /** The field that every other name leads to. */
  readonly others?: Field;
  /** Whether all values of a repeated field are kept, and not only the last. */
  readonly isList?: boolean;
}

const VERSION: Field = {};
const ID: Field = {};
const METHOD: Field = {};
const ERROR_CODE: Field = {};
const IS_ERROR: Field = {};
const RESULT_TYPE: Field = {};
const TOOLS: Field = {};
const ERROR: Field = { members: new Map([["code", ERROR_CODE]]) };
/** The method of one request in `result.inputRequests`. */
export const INPUT_METHOD: Field = { isList: true };
const INPUT_REQUEST: Field = { members: new Map([["method", INPUT_METHOD]]) };
const INPUT_REQUESTS: Field = { members: new Map(), others: INPUT_REQUEST };

/** The fields of one place that reports the status of a task; 2026-07-28 adds the result or error of an ended task. */
interface TaskFields {
  readonly id: Field;
  readonly status: Field;
  readonly isError: Field;
  readonly error: Field;
  readonly errorCode: Field;
}

function taskFields(): TaskFields & { readonly members: readonly (readonly [string, Field])[] } {
  const places = { id: {}, status: {}, isError: {}, errorCode: {} };
  const result: Field = { members: new Map([["isError", places.isError]]) };
  const error: Field = { members: new Map([["code", places.errorCode]]) };
  const members = [
    ["taskId", places.id],
    ["status", places.status],
    ["result", result],
    ["error", error],
  ] as const;
  return { ...places, error, members };
}

const IN_TASK = taskFields();
const IN_RESULT = taskFields();
const IN_PARAMS = taskFields();
const TASK: Field = { members: new Map(IN_TASK.members) };
const PARAMS: Field = { members: new Map(IN_PARAMS.members) };
const RESULT: Field = {
  members: new Map([
    ["isError", IS_ERROR],
    ["resultType", RESULT_TYPE],
    ["inputRequests", INPUT_REQUESTS],
    ["tools", TOOLS],
    ["task", TASK],
    ...IN_RESULT.members,
  ]),
};

/** The whole message. */
export const MESSAGE: Field = {
  members: new Map([
    ["jsonrpc", VERSION],
    ["id", ID],
    ["method", METHOD],
    ["error", ERROR],
    ["result", RESULT],
    ["params", PARAMS],
  ]),
};

/** Replaces a token that was too long to keep. It is not JSON, so it has no type. */
export const TOO_LONG = "?";

/** Summarises a message from its kept tokens, which have one character a byte. */
export function summarizeMessage(
  kept: ReadonlyMap<Field, string>,
  inputMethods: readonly string[],
  isWellFormed: boolean,
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
  };
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
