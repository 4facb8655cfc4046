/** Builds HTTP requests as bytes: plain ones, and the parts of odd ones. */

import { DANGER, SAFE } from "../bypass/vector.ts";

export interface RawVector {
  readonly name: string;
  /** Latin-1: one character is one byte. */
  readonly bytes: string;
}

export type RawFamily = readonly RawVector[];

const TYPE = "Content-Type: application/json";

/** A request with these header lines, its length not among them. */
export function request(line: string, headers: readonly string[], body = ""): string {
  return [line, ...headers, "", body].join("\r\n");
}

/** A POST with further header lines and a right length. */
export function post(headers: readonly string[], body = SAFE): string {
  return unsized([`Content-Length: ${body.length}`, ...headers], body);
}

/** A POST whose length is what the header lines say. */
export function unsized(headers: readonly string[], body = SAFE): string {
  return request("POST /mcp HTTP/1.1", ["Host: localhost", TYPE, ...headers], body);
}

/** The request that an attacker tries to smuggle past the sidecar. */
export const HIDDEN = post([], DANGER);

export function chunked(body: string, size = body.length.toString(16)): string {
  return `${size}\r\n${body}\r\n0\r\n\r\n`;
}

/** The plain request with another request line. */
export function line(requestLine: string, body = DANGER): string {
  return request(requestLine, ["Host: localhost", TYPE, `Content-Length: ${body.length}`], body);
}

export function family(kind: string, vectors: readonly (readonly [string, string])[]): RawFamily {
  return vectors.map(([name, bytes]) => ({ name: `${kind}: ${name}`, bytes }));
}
