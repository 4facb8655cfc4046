/** Requires the admin token for control, and refuses requests from web pages of other origins. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler } from "express";
import { sendError } from "./send-error.ts";

export interface ControlAccess {
  /** Absent: a loopback listener allows control without a token, any other listener refuses it. */
  readonly token?: string;
  readonly isLoopback: boolean;
  /** Allowed origins besides the listener's own, as `scheme://host:port`. */
  readonly origins: ReadonlySet<string>;
}

/** Refuses a request that may not control with 401 or 403. For routes that change something, or show pending approvals. */
export function requireControl(access: ControlAccess): RequestHandler {
  const expected = access.token === undefined ? undefined : tokenDigest(access.token);
  return (request, response, next) => {
    // Security: a page of another origin can make an operator's browser send a form here.
    if (!isOwnPage(request, access.origins))
      sendError(response, 403, "this Origin may not control the sidecar");
    else if (expected === undefined && !access.isLoopback) sendError(response, 403, NO_TOKEN);
    else if (expected === undefined || hasToken(request, expected)) next();
    else {
      response.setHeader("WWW-Authenticate", 'Bearer realm="tollgate admin"');
      sendError(response, 401, "this needs the admin token, as Authorization: Bearer");
    }
  };
}

/** The same for every method but GET and HEAD. */
export function requireControlToChange(access: ControlAccess): RequestHandler {
  const requireIt = requireControl(access);
  return (request, response, next) => {
    if (request.method === "GET" || request.method === "HEAD") next();
    else void requireIt(request, response, next);
  };
}

const NO_TOKEN =
  "control needs an admin token on a listener that others can reach: set admin-token-file or TOLLGATE_ADMIN_TOKEN";

/** A request without Origin comes from no browser; the Host was checked before. */
function isOwnPage({ headers }: Request, origins: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  return (
    origin === undefined || origin === `http://${host}` || origin === `https://${host}` || origins.has(origin)
  );
}

function hasToken(request: Request, expected: Buffer): boolean {
  const [header = "", ...others] = request.headersDistinct["authorization"] ?? [];
  const token = /^bearer +(\S+)$/i.exec(header)?.[1];
  // Security: digests have the same length, so the comparison's time reveals nothing about the token.
  return others.length === 0 && token !== undefined && timingSafeEqual(tokenDigest(token), expected);
}

function tokenDigest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
