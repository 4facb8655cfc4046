/** The members of a client's message that the bridge needs, read from text that Tollgate has parsed before. */

import { eraOf, PROTOCOL_VERSION_KEY } from "../../../mcp/message.ts";
import { memberText } from "../../../json/edit-json.ts";

export interface ClientMessage {
  /** The parsed message, on one line. */
  readonly text: string;
  /** The id as a token; absent on notifications. */
  readonly id?: string;
  /** Absent on responses. */
  readonly method?: string;
  /** `params._meta.progressToken`, as a token. */
  readonly progressToken?: string;
  /** The protocol version in its `_meta`. */
  readonly version?: string;
  readonly isModern: boolean;
}

const PROGRESS_TOKEN = ["params", "_meta", "progressToken"];

export function readClientMessage(text: string): ClientMessage {
  const id = memberText(text, ["id"]);
  const method = stringValue(memberText(text, ["method"]));
  const progressToken = memberText(text, PROGRESS_TOKEN);
  const version = stringValue(memberText(text, ["params", "_meta", PROTOCOL_VERSION_KEY]));
  return {
    text,
    isModern: eraOf(version) === "modern",
    ...(version !== undefined && { version }),
    ...(id !== undefined && { id }),
    ...(method !== undefined && { method }),
    ...(isProgressToken(progressToken) && { progressToken }),
  };
}

/** The id of the request that a `notifications/cancelled` names, as a token. */
export function cancelledId(text: string): string | undefined {
  return memberText(text, ["params", "requestId"]);
}

/** Whether two tokens are the same id: one string can be escaped in several ways. */
export function isSameId(one: string, other: string): boolean {
  return one === other || (one.startsWith('"') && stringValue(one) === stringValue(other));
}

/** Strings and numbers are progress tokens; anything else is passed on as it is. */
function isProgressToken(token: string | undefined): token is string {
  return token !== undefined && /^["\d-]/.test(token);
}

function stringValue(token: string | undefined): string | undefined {
  const value: unknown = token?.startsWith('"') === true ? JSON.parse(token) : undefined;
  return typeof value === "string" ? value : undefined;
}
