/** Routes of the admin listener that change something: approvals of single calls, and freezes. */

import express, { type Express, type Request, type Response } from "express";
import type {
  Approval,
  ApprovalChoice,
  ApprovalDecision,
  SettleResult,
} from "../enforcement/approvals/approval.ts";
import type { Freeze, FreezeTarget } from "../enforcement/freezes/freezes.ts";
import type { ApprovalEntry, ApprovalsResponse, FreezeEntry, FreezesResponse } from "./api.ts";
import { sendError } from "./send-error.ts";

type Result<T> = T | Promise<T>;

/** The actions of operators; a promise when the shared store is involved. */
export interface ControlActions {
  /** Undefined when the store does not respond. */
  readonly approvals: () => Result<readonly Approval[] | undefined>;
  /** Argument values of the pending call; undefined when none are recorded. */
  readonly capturedFor: (approval: string) => Readonly<Record<string, string>> | undefined;
  readonly settle: (id: string, choice: ApprovalChoice, operator: Operator) => Result<SettleResult>;
  readonly frozen: () => readonly (Freeze & { readonly isFromFile: boolean })[];
  readonly freeze: (
    part: FreezeTarget & { readonly untilMs?: number },
    operator: Operator,
  ) => Result<Kept & { readonly freeze: Freeze }>;
  readonly unfreeze: (
    part: FreezeTarget,
    operator: Operator,
  ) => Result<Kept & { readonly state: "lifted" | "file" | "not_frozen" | "unavailable" }>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

interface Kept {
  /** False when the change is in force but could not be saved, so that a restart undoes it. */
  readonly isKept: boolean;
  /** False when the change is in force here, and reaches the other sidecars once the store responds. */
  readonly isShared?: boolean;
}

export interface Operator {
  readonly by: string;
  /** The name is proven; absent: it is the one that the request gives. */
  readonly isProven?: true;
  readonly reason?: string;
}

/** The proven name of the operator; undefined without proof. */
export type OperatorOf = (request: Request) => string | undefined;

/** Adds the routes. Security: the caller requires control before them, for changes and for every /approvals. */
export function addControlRoutes(app: Express, actions: ControlActions, operatorOf: OperatorOf): void {
  // Security: a form of another site cannot send this media type, so its body is never parsed.
  app.use(express.json({ limit: "16kb", type: "application/json" }));
  addApprovalRoutes(app, actions, operatorOf);
  addFreezeRoutes(app, actions, operatorOf);
}

function addApprovalRoutes(app: Express, actions: ControlActions, operatorOf: OperatorOf): void {
  app.get("/approvals", async (_request, response) => {
    const known = await actions.approvals();
    if (known === undefined) return sendError(response, 503, NO_STORE);
    const approvals = known.map((approval) => {
      const captured = actions.capturedFor(approval.id);
      return { ...approvalEntry(approval), ...(captured && { captured }) };
    });
    response.json({ approvals } satisfies ApprovalsResponse);
  });
  for (const [path, choice] of Object.entries(CHOICES)) {
    app.post(`/approvals/:id/${path}`, (request, response) =>
      withBody(request, response, async (body) => {
        const settled = await actions.settle(
          request.params.id,
          choice,
          readOperator(body, operatorOf(request)),
        );
        if (settled.state === "settled")
          response.json({ ...approvalEntry(settled.approval), ...warningOf(settled) });
        else if (settled.state === "unavailable") sendError(response, 503, NO_STORE);
        else if (settled.state === "gone")
          sendError(response, 404, "no approval with this id waits: it was used, has expired, or never was");
        else sendError(response, 409, "this approval was decided already");
      }),
    );
  }
}

function addFreezeRoutes(app: Express, actions: ControlActions, operatorOf: OperatorOf): void {
  app.get("/freeze", (_request, response) => {
    response.json({ frozen: actions.frozen().map(freezeEntry) } satisfies FreezesResponse);
  });
  app.post("/freeze", (request, response) =>
    withBody(request, response, async (body) => {
      const until = readUntil(body, actions.nowMs());
      const frozen = await actions.freeze(
        { ...readPart(body), ...until },
        readOperator(body, operatorOf(request)),
      );
      response.json({ ...freezeEntry({ ...frozen.freeze, isFromFile: false }), ...warningOf(frozen) });
    }),
  );
  app.post("/unfreeze", (request, response) =>
    withBody(request, response, async (body) => {
      const { state, ...kept } = await actions.unfreeze(
        readPart(body),
        readOperator(body, operatorOf(request)),
      );
      if (state === "lifted") response.json({ unfrozen: true, ...warningOf(kept) });
      else if (state === "unavailable") sendError(response, 503, NO_STORE);
      else if (state === "file") sendError(response, 409, "frozen by the freeze file: change the file");
      else sendError(response, 404, "this is not frozen");
    }),
  );
}

const NO_STORE = "the limit store, which holds approvals and freezes, does not respond; try again";

function warningOf({ isKept, isShared = true }: Kept): { warning?: string } {
  if (!isShared) return { warning: "in force here; other sidecars receive it once the limit store responds" };
  return isKept ? {} : { warning: "in force, but the state file could not be written: a restart undoes it" };
}

const CHOICES = { approve: "approved", reject: "rejected" } as const;

/** Thrown for an invalid body; the message is sent to the client. */
class BadBody extends Error {
  override readonly name = "BadBody";
}

type Body = Readonly<Record<string, unknown>>;

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

/** Security: a proven name replaces the one that the body gives. */
export function readOperator(body: Body, proven: string | undefined): Operator {
  const by = proven ?? readText(body, "by");
  if (by === undefined) throw new BadBody("by: is missing; say who does this, for the audit log");
  const reason = readText(body, "reason");
  return { by, ...(proven !== undefined && { isProven: true }), ...(reason !== undefined && { reason }) };
}

function readPart(body: Body): FreezeTarget {
  const [agent, tool] = [readText(body, "agent"), readText(body, "tool")];
  return { ...(agent !== undefined && { agent }), ...(tool !== undefined && { tool }) };
}

/** Reads `until`, a time, or `minutes`, from now; empty when neither is given. */
function readUntil(body: Body, nowMs: number): { untilMs?: number } {
  const { minutes } = body;
  const until = readText(body, "until");
  if (minutes !== undefined && until !== undefined)
    throw new BadBody("until: cannot be given beside minutes");
  if (typeof minutes === "number" && minutes > 0 && minutes <= MAX_MINUTES)
    return { untilMs: nowMs + minutes * 60_000 };
  if (minutes !== undefined) throw new BadBody(`minutes: must be a number above 0, at most ${MAX_MINUTES}`);
  if (until === undefined) return {};
  const untilMs = Date.parse(until);
  if (untilMs > nowMs) return { untilMs };
  throw new BadBody("until: must be a time to come, as in 2030-01-31T12:00:00Z");
}

const MAX_MINUTES = 366 * 24 * 60;

function approvalEntry({
  requestedAtMs,
  expiresAtMs,
  decided,
  args,
  policyDigest,
  claimedClient,
  ...rest
}: Approval): ApprovalEntry {
  return {
    ...rest,
    ...(claimedClient !== undefined && { claimed_client: claimedClient }),
    policy: policyDigest,
    args,
    requested_at: isoTime(requestedAtMs),
    expires_at: isoTime(expiresAtMs),
    ...(decided && { decided: decidedBy(decided) }),
  };
}

function decidedBy({ atMs, isProven, ...operator }: ApprovalDecision): NonNullable<ApprovalEntry["decided"]> {
  return { ...operator, ...(isProven && { by_proven: true }), at: isoTime(atMs) };
}

function freezeEntry({
  agent,
  tool,
  reason,
  by,
  isProven,
  sinceMs,
  untilMs,
  isFromFile,
}: Freeze & { isFromFile: boolean }): FreezeEntry {
  return {
    agent: agent ?? null,
    tool: tool ?? null,
    ...(reason !== undefined && { reason }),
    by,
    ...(isProven && { by_proven: true }),
    since: isoTime(sinceMs),
    until: untilMs === undefined ? null : isoTime(untilMs),
    source: isFromFile ? "file" : "control",
  };
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
