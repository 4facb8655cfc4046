/** Decisions as server-sent events, to a bounded number of clients, none of whom can make a call wait. */

import type { ServerResponse } from "node:http";
import type { DecisionEntry } from "./decision-entry.ts";
import { type DecisionFilter, matchesFilter } from "./decision-filter.ts";
import type { Decisions } from "./decision-buffer.ts";

export interface DecisionStreamsOptions {
  /** Clients at once; absent means 20. */
  readonly maxClients?: number;
  /** What may wait for one client, in bytes; who is further behind is hung up on. Absent means 1 MiB. */
  readonly maxWaitingBytes?: number;
  /** How often a client hears that the stream is alive, in milliseconds; absent means 15 s. */
  readonly heartbeatMs?: number;
}

export interface DecisionStreams {
  /** Answers with the stream; false, and nothing is answered, when there is no room for one more. */
  readonly open: (response: ServerResponse, wish: StreamOptions) => boolean;
  readonly size: () => number;
}

/** What one client wants to hear of. */
export interface StreamOptions {
  readonly filter: DecisionFilter;
  /** For people, who read no faster: the newest so many of each quarter of a second, in one piece. Absent: each one at once. */
  readonly maxPerPiece?: number;
}

interface Client extends StreamOptions {
  /** What waits for the next piece; oldest first, and no more than `most`. */
  readonly waiting: DecisionEntry[];
  /** Decisions that waited and had to make room. */
  skipped: number;
}

const PIECE_MS = 250;

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
  let beating: NodeJS.Timeout | undefined;
  let pacing: NodeJS.Timeout | undefined;
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
  const leave = (response: ServerResponse): void => {
    clients.delete(response);
    if (clients.size > 0) return;
    unsubscribe?.();
    unsubscribe = undefined;
    clearInterval(beating);
    clearInterval(pacing);
  };
  const begin = (): void => {
    unsubscribe = subscribe(publish);
    pacing = setInterval(sendPieces, PIECE_MS).unref();
    beating = setInterval(() => {
      for (const response of clients.keys()) send(response, ": alive\n\n");
    }, heartbeatMs).unref();
  };
  return {
    size: () => clients.size,
    open: (response, wish) => {
      if (clients.size >= maxClients) return false;
      if (clients.size === 0) begin();
      clients.set(response, { ...wish, waiting: [], skipped: 0 });
      response.once("close", () => leave(response));
      response.writeHead(200, HEADERS).write(": open\n\n");
      return true;
    },
  };
}

function queue(client: Client, entry: DecisionEntry, most: number): void {
  client.waiting.push(entry);
  if (client.waiting.length <= most) return;
  client.waiting.shift();
  client.skipped += 1;
}

/** What waits, in one write; and first how many are not in it. */
function pieceOf(client: Client): string {
  const skipped = client.skipped === 0 ? "" : `event: skipped\ndata: ${client.skipped}\n\n`;
  client.skipped = 0;
  return skipped + client.waiting.splice(0).map(eventOf).join("");
}

/** One event for all clients. Invariant: the data is one line, since JSON.stringify escapes every line break. */
function eventOf(entry: DecisionEntry): string {
  return `id: ${entry.id}\nevent: decision\ndata: ${JSON.stringify(entry)}\n\n`;
}
