/** What a client's message says that the bridge must know, read from tokens that were judged before. */

import { eraOf, PROTOCOL_VERSION_KEY } from "../../../mcp/message.ts";
import { memberText } from "../../../json/edit-json.ts";

export interface ClientMessage {
  /** The judged tokens, on one line. */
  readonly text: string;
  /** The token of its id; absent on notifications. */
  readonly id?: string;
  /** Absent on answers. */
  readonly method?: string;
  /** The token by which the client wants to hear of progress. */
  readonly progressToken?: string;
  /** The revision that its `_meta` claims. */
  readonly version?: string;
  readonly isModern: boolean;
}

const PROGRESS_TOKEN = ["params", "_meta", "progressToken"];

export function readClientMessage(text: string): ClientMessage {
  const id = memberText(text, ["id"]);
  const method = stringOf(memberText(text, ["method"]));
  const progressToken = memberText(text, PROGRESS_TOKEN);
  const version = stringOf(memberText(text, ["params", "_meta", PROTOCOL_VERSION_KEY]));
  return {
    text,
    isModern: eraOf(version) === "modern",
    ...(version !== undefined && { version }),
    ...(id !== undefined && { id }),
    ...(method !== undefined && { method }),
    ...(isToken(progressToken) && { progressToken }),
  };
}

/** The token of the request that a `notifications/cancelled` is about, as `readClientMessage` gives ids. */
export function cancelledId(text: string): string | undefined {
  return memberText(text, ["params", "requestId"]);
}

/** Whether two tokens are the same id: a string's escapes can be written in more than one way. */
export function isSameId(one: string, other: string): boolean {
  return one === other || (one.startsWith('"') && stringOf(one) === stringOf(other));
}

/** Strings and numbers; anything else is no token, and is left to the server. */
function isToken(token: string | undefined): token is string {
  return token !== undefined && /^["\d-]/.test(token);
}

function stringOf(token: string | undefined): string | undefined {
  const value: unknown = token?.startsWith('"') === true ? JSON.parse(token) : undefined;
  return typeof value === "string" ? value : undefined;
}
