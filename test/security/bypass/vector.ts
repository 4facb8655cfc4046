/** One message built to get something executed that the policy forbids, and the plain texts such messages are made of. */

export interface Vector {
  readonly name: string;
  readonly body: Buffer;
  /** Absent: `Content-Type: application/json` alone. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Lengths of the chunks that the body is sent in; the rest is the last one. */
  readonly chunks?: readonly number[];
  /** The attack is in the headers or chunks, so it does not apply to stdio. */
  readonly isHttpOnly?: true;
  /** It may pass: read strictly, it asks for nothing that is forbidden. */
  readonly isHarmless?: true;
}

export type Family = readonly Vector[];

export const JSON_TYPE = "application/json";

export function envelope(members: string): string {
  return `{"jsonrpc":"2.0","id":9,${members}}`;
}

/** A tools/call with these `params`, as text. */
export function call(params: string): string {
  return envelope(`"method":"tools/call","params":${params}`);
}

export function callOf(tool: string, args = "{}"): string {
  return call(`{"name":"${tool}","arguments":${args}}`);
}

/** The plain attacks: each is denied, and a message that hides one of them must be stopped too. */
export const DANGER = callOf("danger");
export const SAFE = callOf("safe");
export const PAY = callOf("pay", '{"amount":500}');
export const PING = envelope('"method":"ping"');

export function vector(
  name: string,
  body: string | Buffer,
  more: Omit<Vector, "name" | "body"> = {},
): Vector {
  return { name, body: typeof body === "string" ? Buffer.from(body) : body, ...more };
}

export function harmless(name: string, body: string | Buffer): Vector {
  return vector(name, body, { isHarmless: true });
}

export function httpOnly(name: string, body: string | Buffer, headers: Vector["headers"] = {}): Vector {
  return vector(name, body, { headers, isHttpOnly: true });
}

/** Each character of a name as `\u....`. */
export function escaped(name: string): string {
  return Array.from({ length: name.length }, (_, at) => unicodeEscape(name.charCodeAt(at))).join("");
}

export function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
