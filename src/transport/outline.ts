/** What can be told of an upstream message from a few of its values, without its content. */

import { Buffer } from "node:buffer";

/** What one JSON-RPC message is, as far as it can be told without its content. Of a name that comes twice the last counts. */
export interface Outline {
  /** One object and nothing else, its strings, brackets, colons and commas in order. Numbers and UTF-8 were not checked. */
  readonly isWellFormed: boolean;
  /** `jsonrpc` is "2.0". */
  readonly isJsonRpc: boolean;
  /** As `idToken` writes it; absent when the message has none, or null. */
  readonly id: string | undefined;
  /** Present on what the server asks or tells by itself; `_other` when it is no proper string. */
  readonly method: string | undefined;
  readonly hasResult: boolean;
  /** `error` is there and not null. */
  readonly hasError: boolean;
  /** `error.code`. */
  readonly errorCode: number | undefined;
  /** `result.isError` is true. */
  readonly isError: boolean;
  /** `result.resultType`, of the modern era. */
  readonly resultType: string | undefined;
  /** `result.tools` is an array. */
  readonly hasTools: boolean;
  /** The result is a task, or is about one: `result.task` is an object, or `result.taskId` exists. */
  readonly hasTask: boolean;
  /** `result.task.taskId` or `result.taskId`. */
  readonly taskId: string | undefined;
}

/** A value that matters, by where it stands in the message; of a container only its bracket is kept. */
export interface Place {
  /** The names that matter when the value is an object. */
  readonly members?: ReadonlyMap<string, Place>;
}

const VERSION: Place = {};
const ID: Place = {};
const METHOD: Place = {};
const ERROR_CODE: Place = {};
const IS_ERROR: Place = {};
const RESULT_TYPE: Place = {};
const TOOLS: Place = {};
const TASK_ID: Place = {};
const TASK_ID_OF_TASK: Place = {};
const TASK: Place = { members: new Map([["taskId", TASK_ID_OF_TASK]]) };
const ERROR: Place = { members: new Map([["code", ERROR_CODE]]) };
const RESULT: Place = {
  members: new Map([
    ["isError", IS_ERROR],
    ["resultType", RESULT_TYPE],
    ["tools", TOOLS],
    ["task", TASK],
    ["taskId", TASK_ID],
  ]),
};

/** The whole message. */
export const MESSAGE: Place = {
  members: new Map([
    ["jsonrpc", VERSION],
    ["id", ID],
    ["method", METHOD],
    ["error", ERROR],
    ["result", RESULT],
  ]),
};

/** Stands for a token that was too long to keep: no JSON at all, so it is taken for no type. */
export const TOO_LONG = "?";

/** The outline from the tokens that were kept, a byte a character. */
export function outlineOf(kept: ReadonlyMap<Place, string>, isWellFormed: boolean): Outline {
  const error = kept.get(ERROR);
  const method = kept.get(METHOD);
  return {
    isWellFormed,
    isJsonRpc: stringOf(kept.get(VERSION)) === "2.0",
    id: replyId(kept.get(ID)),
    method: method === undefined ? undefined : (stringOf(method) ?? "_other"),
    hasResult: kept.has(RESULT),
    hasError: error !== undefined && error !== "null",
    errorCode: error === "{" ? numberOf(kept.get(ERROR_CODE)) : undefined,
    isError: kept.get(IS_ERROR) === "true",
    resultType: stringOf(kept.get(RESULT_TYPE)),
    hasTools: kept.get(TOOLS) === "[",
    hasTask: kept.get(TASK) === "{" || kept.has(TASK_ID),
    taskId: stringOf(kept.get(TASK_ID_OF_TASK)) ?? stringOf(kept.get(TASK_ID)),
  };
}

const PLAIN_STRING = /^"[ !#-[\]-~]*"$/;

/** The string of a token that has a byte a character; undefined when it is none. */
export function stringOf(token: string | undefined): string | undefined {
  if (token === undefined || !token.startsWith('"')) return undefined;
  if (PLAIN_STRING.test(token)) return token.slice(1, -1);
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "latin1").toString("utf8"));
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function numberOf(token: string | undefined): number | undefined {
  const value = token === undefined || token === "" ? Number.NaN : Number(token);
  return Number.isFinite(value) ? value : undefined;
}

/** Numbers are equal to clients, however they are written: a server may answer `7.0` to 7. */
function replyId(token: string | undefined): string | undefined {
  const text = stringOf(token);
  if (text !== undefined) return JSON.stringify(text);
  const value = numberOf(token);
  return value === undefined ? undefined : String(value);
}
