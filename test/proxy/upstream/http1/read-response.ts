/** One answer as the reader of the source reads it, from bytes that are cut as the test says. */

import { ResponseParser } from "../../../../src/proxy/upstream/http1/response-parser.ts";

export interface ReadAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** A byte a character. */
  readonly body: string;
  readonly hasExtra: boolean;
}

/** Undefined when it was refused, or not whole when the connection ended; `cuts` are places in the bytes. */
export function readAnswer(bytes: Buffer, cuts: readonly number[] = []): ReadAnswer | undefined {
  const reader = new ResponseParser();
  const data: Buffer[] = [];
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  for (const [index, from] of places.entries()) {
    reader.push(bytes.subarray(from, places[index + 1] ?? from));
    if (reader.isBroken) return undefined;
    data.push(reader.take());
  }
  reader.end();
  const { head } = reader;
  if (head === undefined || !reader.isComplete) return undefined;
  const { statusCode, headers } = head;
  return { statusCode, headers, body: Buffer.concat(data).toString("latin1"), hasExtra: reader.hasExtra };
}
