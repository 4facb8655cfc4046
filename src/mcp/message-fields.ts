/** The fields of an upstream message whose values are kept, as a tree of their names. */

/** A position in the message whose value is kept; of a container only the bracket is kept. */
export interface Field {
  /** The names that matter when the value is an object. */
  readonly members?: ReadonlyMap<string, Field>;
  /** The field that every other name leads to. */
  readonly others?: Field;
  /** The field that its value is kept for; absent: itself. */
  readonly as?: Field;
  /** Whether all values of a repeated field are kept, and not only the last. */
  readonly isList?: boolean;
}

export const VERSION: Field = {};
export const ID: Field = {};
export const METHOD: Field = {};
export const ERROR_CODE: Field = {};
export const IS_ERROR: Field = {};
export const RESULT_TYPE: Field = {};
export const TOOLS: Field = {};
export const ERROR: Field = { members: new Map([["code", ERROR_CODE]]) };
/** The method of one request in `result.inputRequests`. */
export const INPUT_METHOD: Field = { isList: true };
const INPUT_REQUEST: Field = { members: new Map([["method", INPUT_METHOD]]) };
const INPUT_REQUESTS: Field = { members: new Map(), others: INPUT_REQUEST };

/** The fields of one place that reports the status of a task; 2026-07-28 adds the result or error of an ended task. */
export interface TaskFields {
  readonly id: Field;
  readonly status: Field;
  readonly result: Field;
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
  return { ...places, result, error, members };
}

export const IN_TASK = taskFields();
export const IN_RESULT = taskFields();
export const IN_PARAMS = taskFields();
export const TASK: Field = { members: new Map(IN_TASK.members) };
const PARAMS: Field = { members: new Map(IN_PARAMS.members) };
export const RESULT: Field = {
  members: new Map([
    ["isError", IS_ERROR],
    ["resultType", RESULT_TYPE],
    ["inputRequests", INPUT_REQUESTS],
    ["tools", TOOLS],
    ["task", TASK],
    ...IN_RESULT.members,
  ]),
};

/** The fields that are kept of a message. */
export interface MessageFields {
  readonly message: Field;
  /** The fields of amounts, by their paths. */
  readonly amounts: ReadonlyMap<string, Field>;
}

function messageOf(result: Field, params: Field): Field {
  return {
    members: new Map([
      ["jsonrpc", VERSION],
      ["id", ID],
      ["method", METHOD],
      ["error", ERROR],
      ["result", result],
      ["params", params],
    ]),
  };
}

/** The fields of a message of which no amounts are asked for. */
export const PLAIN_FIELDS: MessageFields = { message: messageOf(RESULT, PARAMS), amounts: new Map() };

/** A path by its text, and its names below the result of a call. */
export interface AmountPath {
  readonly path: string;
  readonly names: readonly string[];
}

interface MutableField extends Field {
  readonly members: Map<string, Field>;
}

/**
 * The fields of a message with amounts in the result of a call: in its response, in the response to `tasks/result`, and where the result of a task
 * stands beside its status.
 */
export function fieldsWith(paths: readonly AmountPath[]): MessageFields {
  if (paths.length === 0) return PLAIN_FIELDS;
  const amounts = new Map<string, Field>();
  const tree: MutableField = { members: new Map() };
  for (const { path, names } of paths) amounts.set(path, fieldAt(tree, names));
  const amountsIn = (as: Field, ...more: readonly (readonly [string, Field])[]): Field => ({
    as,
    members: new Map([...(as.members ?? []), ...more]),
  });
  const inResult = amountsIn(IN_RESULT.result, ...tree.members);
  const inParams = amountsIn(IN_PARAMS.result, ...tree.members);
  const result = amountsIn(RESULT, ...tree.members, ["result", inResult]);
  return { message: messageOf(result, amountsIn(PARAMS, ["result", inParams])), amounts };
}

/** A number and an object cannot stand at one place, but policies may name both. */
function fieldAt(tree: MutableField, names: readonly string[]): Field {
  let field = tree;
  for (const name of names) {
    const next = (field.members.get(name) as MutableField | undefined) ?? { members: new Map() };
    field.members.set(name, next);
    field = next;
  }
  return field;
}
