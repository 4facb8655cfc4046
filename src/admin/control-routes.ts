/** Routes of the admin listener that change something: approvals of single calls, and freezes. */

import express, { type Express } from "express";
import type { Freeze, FreezeTarget } from "../enforcement/freezes/freezes.ts";
import type { FreezeEntry, FreezesResponse, UnfrozenResponse } from "./api.ts";
import { addApprovalRoutes } from "./approval-routes.ts";
import type { ControlActions } from "./control-actions.ts";
import {
  BadBody,
  type Body,
  isoTime,
  NO_STORE,
  type OperatorOf,
  readOperator,
  readText,
  warningOf,
  withBody,
} from "./control-body.ts";
import { sendError } from "./send-error.ts";

/** Adds the routes. Security: the caller requires control before them, for changes and for every /approvals. */
export function addControlRoutes(app: Express, actions: ControlActions, operatorOf: OperatorOf): void {
  // Security: a form of another site cannot send this media type, so its body is never parsed.
  app.use(express.json({ limit: "16kb", type: "application/json" }));
  addApprovalRoutes(app, actions, operatorOf);
  addFreezeRoutes(app, actions, operatorOf);
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
      const part = readPart(body);
      const { state, ...kept } = await actions.unfreeze(part, readOperator(body, operatorOf(request)));
      const still = actions.frozen().filter((freeze) => isOverlap(freeze, part));
      const still_frozen = still.map(freezeEntry);
      if (state === "lifted")
        response.json({ unfrozen: true, still_frozen, ...warningOf(kept) } satisfies UnfrozenResponse);
      else if (state === "unavailable") sendError(response, 503, NO_STORE);
      else if (state === "file") sendError(response, 409, "frozen by the freeze file: change the file");
      else if (still.length === 0) sendError(response, 404, "this is not frozen");
      else
        sendError(response, 404, `this is not frozen by itself; frozen is ${still.map(wordsOf).join(", ")}`);
    }),
  );
}

/** Whether the freeze stops any call of the target. */
function isOverlap(freeze: FreezeTarget, { agent, tool }: FreezeTarget): boolean {
  return isSame(freeze.agent, agent) && isSame(freeze.tool, tool);
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function wordsOf({ agent, tool }: FreezeTarget): string {
  if (agent === undefined && tool === undefined) return "every call";
  if (agent === undefined) return `tool ${tool}`;
  return tool === undefined ? `agent ${agent}` : `tool ${tool} of agent ${agent}`;
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
