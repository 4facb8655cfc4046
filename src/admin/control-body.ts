/** Reads the bodies of control requests, and writes what their responses share. */

import type { Request, Response } from "express";
import type { Kept, Operator } from "./control-actions.ts";
import { sendError } from "./send-error.ts";

/** The proven name of the operator; undefined without proof. */
export type OperatorOf = (request: Request) => string | undefined;

export const NO_STORE = "the limit store, which holds approvals and freezes, does not respond; try again";

export function warningOf({ isKept, isShared = true }: Kept): { warning?: string } {
  if (!isShared) return { warning: "in force here; other sidecars receive it once the limit store responds" };
  return isKept ? {} : { warning: "in force, but the state file could not be written: a restart undoes it" };
}

/** Thrown for an invalid body; the message is sent to the client. */
export class BadBody extends Error {
  override readonly name = "BadBody";
}

export type Body = Readonly<Record<string, unknown>>;

/** Calls `work` with the members of the body; a bad body, or one that `work` refuses, gets a 400. */
export async function withBody(
  request: Request,
  response: Response,
  work: (body: Body) => Promise<void> | void,
): Promise<void> {
  try {
    const body: unknown = request.body;
    if (typeof body !== "object" || body === null || Array.isArray(body))
      throw new BadBody("the body must be a JSON object, sent as application/json");
    await work({ ...body });
  } catch (error) {
    if (!(error instanceof BadBody)) throw error;
    sendError(response, 400, error.message);
  }
}

const MAX_TEXT = 256;

/** A text of the body; undefined when it is absent. @throws BadBody for any other value. */
export function readText(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value !== "" && value.length <= MAX_TEXT) return value;
  throw new BadBody(`${name}: must be 1 to ${MAX_TEXT} characters`);
}

// Security: a proven name replaces the one that the body gives.
/** @throws BadBody without a name. */
export function readOperator(body: Body, proven: string | undefined): Operator {
  const by = proven ?? readText(body, "by");
  if (by === undefined) throw new BadBody("by: is missing; say who does this, for the audit log");
  const reason = readText(body, "reason");
  return { by, ...(proven !== undefined && { isProven: true }), ...(reason !== undefined && { reason }) };
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
