/** Parses one response from bytes that are split as the test says. */

import { ResponseParser } from "../../../../src/proxy/upstream/http1/response-parser.ts";

export interface ParsedResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As latin1. */
  readonly body: string;
  readonly hasExtra: boolean;
}

/** Undefined for a response that is refused or incomplete; `cuts` are offsets at which the bytes are split. */
export function parseResponse(bytes: Buffer, cuts: readonly number[] = []): ParsedResponse | undefined {
  const parser = new ResponseParser();
  const data: Buffer[] = [];
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  for (const [index, from] of places.entries()) {
    parser.push(bytes.subarray(from, places[index + 1] ?? from));
    if (parser.isBroken) return undefined;
    data.push(parser.take());
  }
  parser.end();
  const { head } = parser;
  if (head === undefined || !parser.isComplete) return undefined;
  const { statusCode, headers } = head;
  return { statusCode, headers, body: Buffer.concat(data).toString("latin1"), hasExtra: parser.hasExtra };
}
