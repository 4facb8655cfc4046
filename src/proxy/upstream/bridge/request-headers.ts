/** What the headers of a client's request say to the bridge, which is its HTTP server. */

import type { OutgoingHttpHeaders } from "node:http";

export interface Accepts {
  readonly json: boolean;
  readonly stream: boolean;
}

/** A client that does not say takes either. */
export function acceptedTypes(headers: OutgoingHttpHeaders): Accepts {
  const accept = (singleHeader(headers, "accept") ?? "*/*").toLowerCase();
  const takesAll = accept.includes("*/*");
  const stream = takesAll || accept.includes("text/event-stream");
  return { stream, json: takesAll || !stream || /application\/(?:json|\*)/.test(accept) };
}

/** Its one value; the edge lets no second one pass. */
export function singleHeader(headers: OutgoingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
