/** Decisions as server-sent events, to a bounded number of clients, none of whom can make a call wait. */

import type { ServerResponse } from "node:http";
import { type DecisionFilter, matchesFilter } from "./decision-filter.ts";
import type { DecisionEntry, Decisions } from "./decisions.ts";

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
  readonly open: (response: ServerResponse, filter: DecisionFilter) => boolean;
  readonly size: () => number;
}

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

export function createDecisionStreams(
  subscribe: Decisions["subscribe"],
  { maxClients = 20, maxWaitingBytes = 1_048_576, heartbeatMs = 15_000 }: DecisionStreamsOptions = {},
): DecisionStreams {
  const clients = new Map<ServerResponse, DecisionFilter>();
  let unsubscribe: (() => void) | undefined;
  let beating: NodeJS.Timeout | undefined;
  const send = (client: ServerResponse, text: string): void => {
    if (client.writableLength > maxWaitingBytes) client.destroy();
    else client.write(text);
  };
  const publish = (entry: DecisionEntry): void => {
    const event = eventOf(entry);
    for (const [client, filter] of clients) if (matchesFilter(filter, entry)) send(client, event);
  };
  const leave = (client: ServerResponse): void => {
    clients.delete(client);
    if (clients.size > 0) return;
    unsubscribe?.();
    unsubscribe = undefined;
    clearInterval(beating);
  };
  const begin = (): void => {
    unsubscribe = subscribe(publish);
    beating = setInterval(() => {
      for (const client of clients.keys()) send(client, ": alive\n\n");
    }, heartbeatMs).unref();
  };
  return {
    size: () => clients.size,
    open: (response, filter) => {
      if (clients.size >= maxClients) return false;
      if (clients.size === 0) begin();
      clients.set(response, filter);
      response.once("close", () => leave(response));
      response.writeHead(200, HEADERS).write(": open\n\n");
      return true;
    },
  };
}

/** One event for all clients. Invariant: the data is one line, since JSON.stringify escapes every line break. */
function eventOf(entry: DecisionEntry): string {
  return `id: ${entry.id}\nevent: decision\ndata: ${JSON.stringify(entry)}\n\n`;
}
