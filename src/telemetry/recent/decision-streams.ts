/** Streams decisions as server-sent events to a bounded number of clients; a slow client never delays a call. */

import type { ServerResponse } from "node:http";
import type { DecisionEntry } from "./decision-entry.ts";
import { type DecisionFilter, matchesFilter } from "./decision-filter.ts";
import type { Decisions } from "./decision-buffer.ts";

export interface DecisionStreamsOptions {
  /** Clients at once; absent means 20. */
  readonly maxClients?: number;
  /** Bytes that may wait for one client; past it the connection is closed. Absent means 1 MiB. */
  readonly maxWaitingBytes?: number;
  /** Interval of comments that keep the stream alive, in milliseconds; absent means 15 s. */
  readonly heartbeatMs?: number;
}

export interface DecisionStreams {
  /** Responds with the stream; returns false without a response when the maximum of clients is reached. */
  readonly open: (response: ServerResponse, options: StreamOptions) => boolean;
  readonly size: () => number;
}

/** The decisions that one client receives, and how fast. */
export interface StreamOptions {
  readonly filter: DecisionFilter;
  /** Sends at most this many decisions, the newest, in one piece every 250 ms. Absent: sends each decision at once. */
  readonly maxPerPiece?: number;
}

interface Client extends StreamOptions {
  /** Decisions of the next piece, oldest first; at most `maxPerPiece`. */
  readonly waiting: DecisionEntry[];
  /** Decisions that newer ones replaced in the next piece. */
  skipped: number;
}

const PIECE_INTERVAL_MS = 250;

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

export function createDecisionStreams(
  subscribe: Decisions["subscribe"],
  { maxClients = 20, maxWaitingBytes = 1_048_576, heartbeatMs = 15_000 }: DecisionStreamsOptions = {},
): DecisionStreams {
  const clients = new Map<ServerResponse, Client>();
  let unsubscribe: (() => void) | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let pieces: NodeJS.Timeout | undefined;
  const send = (response: ServerResponse, text: string): void => {
    if (response.writableLength > maxWaitingBytes) response.destroy();
    else response.write(text);
  };
  const publish = (entry: DecisionEntry): void => {
    let event: string | undefined;
    for (const [response, client] of clients) {
      if (!matchesFilter(client.filter, entry)) continue;
      if (client.maxPerPiece === undefined) send(response, (event ??= eventOf(entry)));
      else queue(client, entry, client.maxPerPiece);
    }
  };
  const sendPieces = (): void => {
    for (const [response, client] of clients) if (client.waiting.length > 0) send(response, pieceOf(client));
  };
  const remove = (response: ServerResponse): void => {
    clients.delete(response);
    if (clients.size > 0) return;
    unsubscribe?.();
    unsubscribe = undefined;
    clearInterval(heartbeat);
    clearInterval(pieces);
  };
  const start = (): void => {
    unsubscribe = subscribe(publish);
    pieces = setInterval(sendPieces, PIECE_INTERVAL_MS).unref();
    heartbeat = setInterval(() => {
      for (const response of clients.keys()) send(response, ": alive\n\n");
    }, heartbeatMs).unref();
  };
  return {
    size: () => clients.size,
    open: (response, options) => {
      if (clients.size >= maxClients) return false;
      if (clients.size === 0) start();
      clients.set(response, { ...options, waiting: [], skipped: 0 });
      response.once("close", () => remove(response));
      response.writeHead(200, HEADERS).write(": open\n\n");
      return true;
    },
  };
}

function queue(client: Client, entry: DecisionEntry, max: number): void {
  client.waiting.push(entry);
  if (client.waiting.length <= max) return;
  client.waiting.shift();
  client.skipped += 1;
}

/** Empties the queue into one write, which begins with the number of skipped decisions. */
function pieceOf(client: Client): string {
  const skipped = client.skipped === 0 ? "" : `event: skipped\ndata: ${client.skipped}\n\n`;
  client.skipped = 0;
  return skipped + client.waiting.splice(0).map(eventOf).join("");
}

/** One event for all clients. Invariant: the data is one line, since JSON.stringify escapes every line break. */
function eventOf(entry: DecisionEntry): string {
  return `id: ${entry.id}\nevent: decision\ndata: ${JSON.stringify(entry)}\n\n`;
}
