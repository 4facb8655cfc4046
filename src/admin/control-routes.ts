/** What a person can change on the admin listener: approvals of single calls, and the kill switch. */

import express, { type Express, type Request, type Response } from "express";
import type {
  Approval,
  ApprovalChoice,
  ApprovalDecision,
  SettleResult,
} from "../enforcement/approvals/approvals.ts";
import type { Freeze, FreezeTarget } from "../enforcement/freezes/freezes.ts";
import type { ApprovalEntry, ApprovalsResponse, FreezeEntry, FreezesResponse } from "./api.ts";

type Result<T> = T | Promise<T>;

/** What the routes ask of the sidecar; a promise where a store is asked. */
export interface ControlActions {
  /** Undefined when the store does not answer. */
  readonly approvals: () => Result<readonly Approval[] | undefined>;
  /** Argument values of the call that waits; undefined where none are kept. */
  readonly capturedFor: (approval: string) => Readonly<Record<string, string>> | undefined;
  readonly settle: (id: string, choice: ApprovalChoice, who: Operator) => Result<SettleResult>;
  readonly frozen: () => readonly (Freeze & { readonly isFromFile: boolean })[];
  readonly freeze: (
    part: FreezeTarget & { readonly untilMs?: number },
    who: Operator,
  ) => Result<Kept & { readonly freeze: Freeze }>;
  readonly unfreeze: (
    part: FreezeTarget,
    who: Operator,
  ) => Result<Kept & { readonly state: "lifted" | "file" | "not_frozen" | "unavailable" }>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

interface Kept {
  /** False when it is in force, and could not be kept for after a restart. */
  readonly isKept: boolean;
  /** False when it is in force here, and the other sidecars are told once their store answers. */
  readonly isShared?: boolean;
}

/** Who does it, in their own words, and why. */
export interface Operator {
  readonly by: string;
  readonly reason?: string;
}

/** Adds the routes; the caller has put the admin token before them. */
export function addControlRoutes(app: Express, sources: ControlActions): void {
  // Security: a form of another site cannot send this type, so it cannot send a body that is read.
  app.use(express.json({ limit: "16kb", type: "application/json" }));
  app.get("/approvals", async (_request, response) => {
    const known = await sources.approvals();
    if (known === undefined) return refuse(response, 503, NO_STORE);
    const approvals = known.map((approval) => {
      const captured = sources.capturedFor(approval.id);
      return { ...describeApproval(approval), ...(captured && { captured }) };
    });
    response.json({ approvals } satisfies ApprovalsResponse);
  });
  for (const [path, choice] of Object.entries(CHOICES)) {
    app.post(`/approvals/:id/${path}`, (request, response) =>
      withBody(request, response, async (body) => {
        const settled = await sources.settle(request.params.id, choice, whoIn(body));
        if (settled.state === "settled")
          response.json({ ...describeApproval(settled.approval), ...warningOf(settled) });
        else if (settled.state === "unavailable") refuse(response, 503, NO_STORE);
        else if (settled.state === "gone")
          refuse(response, 404, "no approval with this id waits: it was used, has expired, or never was");
        else refuse(response, 409, "this approval was decided already");
      }),
    );
  }
  app.get("/freeze", (_request, response) => {
    response.json({ frozen: sources.frozen().map(describeFreeze) } satisfies FreezesResponse);
  });
  app.post("/freeze", (request, response) =>
    withBody(request, response, async (body) => {
      const until = untilIn(body, sources.nowMs());
      const frozen = await sources.freeze({ ...partIn(body), ...until }, whoIn(body));
      response.json({ ...describeFreeze({ ...frozen.freeze, isFromFile: false }), ...warningOf(frozen) });
    }),
  );
  app.post("/unfreeze", (request, response) =>
    withBody(request, response, async (body) => {
      const { state, ...kept } = await sources.unfreeze(partIn(body), whoIn(body));
      if (state === "lifted") response.json({ unfrozen: true, ...warningOf(kept) });
      else if (state === "unavailable") refuse(response, 503, NO_STORE);
      else if (state === "file") refuse(response, 409, "the freeze file says so: change the file");
      else refuse(response, 404, "this is not frozen");
    }),
  );
}

const NO_STORE = "the limit store does not answer, and it holds what was approved and frozen; try again";

function warningOf({ isKept, isShared = true }: Kept): { warning?: string } {
  if (!isShared)
    return { warning: "in force here; other sidecars are told as soon as the limit store answers" };
  return isKept ? {} : { warning: "in force, but the state file could not be written: a restart undoes it" };
}

const CHOICES = { approve: "approved", reject: "rejected" } as const;

/** A fault in what was sent, in words for who sent it. */
class BadBody extends Error {
  override readonly name = "BadBody";
}

type Body = Readonly<Record<string, unknown>>;

async function withBody(
  request: Request,
  response: Response,
  work: (body: Body) => Promise<void>,
): Promise<void> {
  try {
    const body: unknown = request.body;
    if (typeof body !== "object" || body === null || Array.isArray(body))
      throw new BadBody("the body must be a JSON object, sent as application/json");
    await work({ ...body });
  } catch (error) {
    if (!(error instanceof BadBody)) throw error;
    refuse(response, 400, error.message);
  }
}

const LONGEST_TEXT = 256;

function textIn(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT) return value;
  throw new BadBody(`${name}: must be 1 to ${LONGEST_TEXT} characters`);
}

function whoIn(body: Body): Operator {
  const by = textIn(body, "by");
  if (by === undefined) throw new BadBody("by: is missing; say who does this, for the audit log");
  const reason = textIn(body, "reason");
  return { by, ...(reason !== undefined && { reason }) };
}

function partIn(body: Body): FreezeTarget {
  const [agent, tool] = [textIn(body, "agent"), textIn(body, "tool")];
  return { ...(agent !== undefined && { agent }), ...(tool !== undefined && { tool }) };
}

/** `until` as a time, or `minutes` from now. */
function untilIn(body: Body, nowMs: number): { untilMs?: number } {
  const { minutes } = body;
  const until = textIn(body, "until");
  if (minutes !== undefined && until !== undefined)
    throw new BadBody("until: cannot be given beside minutes");
  if (typeof minutes === "number" && minutes > 0 && minutes <= MOST_MINUTES)
    return { untilMs: nowMs + minutes * 60_000 };
  if (minutes !== undefined) throw new BadBody(`minutes: must be a number above 0, at most ${MOST_MINUTES}`);
  if (until === undefined) return {};
  const untilMs = Date.parse(until);
  if (untilMs > nowMs) return { untilMs };
  throw new BadBody("until: must be a time to come, as in 2030-01-31T12:00:00Z");
}

const MOST_MINUTES = 366 * 24 * 60;

function describeApproval({
  requestedAtMs,
  expiresAtMs,
  decided,
  args,
  policyDigest,
  ...rest
}: Approval): ApprovalEntry {
  return {
    ...rest,
    policy: policyDigest,
    args,
    requested_at: timeOf(requestedAtMs),
    expires_at: timeOf(expiresAtMs),
    ...(decided && { decided: decidedBy(decided) }),
  };
}

function decidedBy({ atMs, ...who }: ApprovalDecision): NonNullable<ApprovalEntry["decided"]> {
  return { ...who, at: timeOf(atMs) };
}

function describeFreeze({
  agent,
  tool,
  reason,
  by,
  sinceMs,
  untilMs,
  isFromFile,
}: Freeze & { isFromFile: boolean }): FreezeEntry {
  return {
    agent: agent ?? null,
    tool: tool ?? null,
    ...(reason !== undefined && { reason }),
    by,
    since: timeOf(sinceMs),
    until: untilMs === undefined ? null : timeOf(untilMs),
    source: isFromFile ? "file" : "control",
  };
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

function refuse(response: Response, status: number, error: string): void {
  response.status(status).json({ error });
}
