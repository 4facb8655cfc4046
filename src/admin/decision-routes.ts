/** Read routes of decisions: their list in pages, their stream, and one of them explained. */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Express, Response } from "express";
import type { DecisionQuery } from "../telemetry/recent/decision-buffer.ts";
import type { DecisionEntry } from "../telemetry/recent/decision-entry.ts";
import { readDecisionFilter } from "../telemetry/recent/decision-filter.ts";
import type { DecisionStreams } from "../telemetry/recent/decision-streams.ts";
import type * as api from "./api.ts";
import { readDecisionQuery } from "./decision-query.ts";
import { sendError } from "./send-error.ts";

/** Where the routes of decisions read from. */
export interface DecisionSources {
  /** In pieces that each take a few milliseconds; a piece may be empty. */
  readonly searchDecisions: (query: DecisionQuery) => Iterable<readonly DecisionEntry[]>;
  readonly remembersDecision: (id: string) => boolean;
  readonly decisionStreams: DecisionStreams;
  readonly findDecision: (id: string) => api.DecisionResponse | undefined;
}

const MAX_PER_PIECE = 100;

export function addDecisionRoutes(app: Express, sources: DecisionSources): void {
  app.get("/decisions", (request, response) => {
    const { query, problem } = readDecisionQuery(request.query);
    if (query === undefined) return sendError(response, 400, problem);
    if (query.before !== undefined && !sources.remembersDecision(query.before))
      return sendError(response, 400, "before: no decision with this id is remembered");
    void sendDecisions(response, sources.searchDecisions(query), query.limit);
  });
  app.get("/decisions/stream", (request, response) => {
    const { filter, problem } = readDecisionFilter(request.query, ["most"]);
    const maxPerPiece = request.query["most"] === undefined ? undefined : Number(request.query["most"]);
    if (filter === undefined) return sendError(response, 400, problem);
    if (maxPerPiece !== undefined && !isPieceSize(maxPerPiece))
      return sendError(response, 400, `most: must be a whole number from 1 to ${MAX_PER_PIECE}`);
    const options = { filter, ...(maxPerPiece !== undefined && { maxPerPiece }) };
    if (sources.decisionStreams.open(response, options)) return;
    response.set("Retry-After", "10");
    sendError(response, 503, "too many streams are open");
  });
  app.get("/decisions/:id", (request, response) => {
    const decision = sources.findDecision(request.params.id);
    if (decision !== undefined) response.json(decision);
    else sendError(response, 404, "no decision with this id is remembered");
  });
}

function isPieceSize(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= MAX_PER_PIECE;
}

/** Sends a `DecisionsResponse`. A client that leaves early ends the search. */
async function sendDecisions(
  response: Response,
  pieces: Iterable<readonly DecisionEntry[]>,
  limit: number,
): Promise<void> {
  response.type("json");
  await pipeline(Readable.from(decisionsText(pieces, limit)), response).catch(() => undefined);
}

/** Calls are served between two pieces. */
async function* decisionsText(
  pieces: Iterable<readonly DecisionEntry[]>,
  limit: number,
): AsyncGenerator<string> {
  let count = 0;
  let last = "";
  yield '{"decisions":[';
  for (const piece of pieces) {
    if (piece.length > 0)
      yield (count > 0 ? "," : "") + piece.map((entry) => JSON.stringify(entry)).join(",");
    count += piece.length;
    last = piece.at(-1)?.id ?? last;
    await nextTurn();
  }
  yield count < limit ? "]}" : `],"next":${JSON.stringify(last)}}`;
}
