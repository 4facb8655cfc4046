/** Who may control the sidecar: whoever has the admin token, from a page of ours or from no page at all. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";

export interface ControlAccess {
  /** Absent: on a loopback listener anybody may control, on another one nobody. */
  readonly token?: string;
  readonly isLoopback: boolean;
  /** Origins beside the listener's own, as `scheme://host:port`. */
  readonly origins: ReadonlySet<string>;
}

/** Lets a request through only when it may control; for routes that change something, or show what may be changed. */
export function requireControl(rules: ControlAccess): RequestHandler {
  const expected = rules.token === undefined ? undefined : digestOf(rules.token);
  return (request, response, next) => {
    // Security: a page of another origin can send a form here, and the browser of an operator would.
    if (!isOwnPage(request, rules.origins)) refuse(response, 403, "this Origin may not control the sidecar");
    else if (expected === undefined && !rules.isLoopback) refuse(response, 403, NO_TOKEN);
    else if (expected === undefined || shows(request, expected)) next();
    else {
      response.setHeader("WWW-Authenticate", 'Bearer realm="tollgate admin"');
      refuse(response, 401, "this needs the admin token, as Authorization: Bearer");
    }
  };
}

/** The same for whatever is not a GET. */
export function requireControlToChange(rules: ControlAccess): RequestHandler {
  const guard = requireControl(rules);
  return (request, response, next) => {
    if (request.method === "GET" || request.method === "HEAD") next();
    else void guard(request, response, next);
  };
}

const NO_TOKEN =
  "control needs an admin token on a listener that others can reach: set admin-token-file or TOLLGATE_ADMIN_TOKEN";

/** No Origin means no browser; the Host was checked before. */
function isOwnPage({ headers }: Request, origins: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  return (
    origin === undefined || origin === `http://${host}` || origin === `https://${host}` || origins.has(origin)
  );
}

function shows(request: Request, expected: Buffer): boolean {
  const [header = "", ...others] = request.headersDistinct["authorization"] ?? [];
  const token = /^bearer +(\S+)$/i.exec(header)?.[1];
  // Security: digests have one length, so the time says nothing about the token.
  return others.length === 0 && token !== undefined && timingSafeEqual(digestOf(token), expected);
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function refuse(response: Response, status: number, error: string): void {
  response.status(status).json({ error });
}
