/** Decides which requests may read and which may control: by token, client certificate and origin. */

import { createHash, timingSafeEqual } from "node:crypto";
import { TLSSocket } from "node:tls";
import type { Request, RequestHandler, Response } from "express";
import type { AdminRefusalCause } from "../telemetry/metrics/label-values.ts";
import { sendError } from "./send-error.ts";
import { createSlowdown } from "./slowdown.ts";

export interface AdminRefusal {
  readonly cause: AdminRefusalCause;
  readonly method: string;
  /** As requested, without its query. */
  readonly path: string;
  /** Undefined when the connection is gone. */
  readonly address: string | undefined;
}

export interface AdminAccess {
  /** Absent: a loopback listener without a read token allows control without a token, any other listener refuses it. */
  readonly token?: string;
  /** Absent: reading requires the admin token where one is set, and nothing else. */
  readonly readToken?: string;
  /** Sources of operators' proven names. With one, a change needs such a name. */
  readonly operators?: OperatorNames;
  readonly isLoopback: boolean;
  /** Whether every page but health and the open ones requires a verified client certificate. */
  readonly requiresCertificate: boolean;
  /** Pages that are read without token and certificate, by their first segment: `/decisions`. */
  readonly open: ReadonlySet<string>;
  /** Allowed origins besides the listener's own, as `scheme://host:port`. */
  readonly origins: ReadonlySet<string>;
  readonly onRefused: (refusal: AdminRefusal) => void;
}

export interface OperatorNames {
  /** The operator whose own token this is; it reads and controls. Absent: operators have no tokens of their own. */
  readonly byToken?: (token: string) => string | undefined;
  /** The operator that a trusted proxy names. It admits nothing: the admin token is required where one is set. */
  readonly byHeader?: (request: Request) => string | undefined;
}

export interface AccessChecks {
  /** For every request after those of health: reading of closed pages, and each method but GET and HEAD as control. */
  readonly check: RequestHandler;
  /** For routes that show what is to be decided, though they change nothing. */
  readonly control: RequestHandler;
  /** The proven name of the operator; undefined without proof. */
  readonly operatorOf: (request: Request) => string | undefined;
}

/** The page itself, which holds no data: it asks for the token. */
const CONSOLE_FILES: ReadonlySet<string> = new Set(["/", "/console.js", "/console.css"]);

export function createAccessChecks(access: AdminAccess): AccessChecks {
  const refuse = createRefuse(access);
  const grade = createGrades(access);
  const operatorOf = operatorNames(access);
  // Security: where names can be proven, a change without one would put a free text in the audit log.
  const isNamed = (request: Request): boolean =>
    access.operators === undefined || operatorOf(request) !== undefined;
  const read: RequestHandler = (request, response, next) => {
    const given = grade(request);
    if (isOpen(access, request.path)) next();
    else if (!hasCertificate(access, request)) refuse(request, response, "no_certificate");
    else if (given === "read" || given === "control") next();
    else if (given === "shut") sendError(response, 403, NO_READING);
    else refuse(request, response, given);
  };
  const control: RequestHandler = (request, response, next) => {
    const given = grade(request);
    // Security: a page of another origin can make an operator's browser send a form here.
    if (!isOwnPage(request, access.origins)) refuse(request, response, "origin");
    else if (!hasCertificate(access, request)) refuse(request, response, "no_certificate");
    else if (given === "control" && (isReading(request) || isNamed(request))) next();
    else if (given === "control") refuse(request, response, "no_name");
    else if (given === "shut") sendError(response, 403, NO_CONTROL);
    else if (given !== "read") refuse(request, response, given);
    else if (access.token === undefined && access.operators?.byToken === undefined)
      sendError(response, 403, NO_CONTROL);
    else refuse(request, response, "read_token");
  };
  return {
    control,
    operatorOf,
    check: (request, response, next) => {
      void (isReading(request) ? read : control)(request, response, next);
    },
  };
}

function isReading({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** A token of the operator's own goes before the header of a proxy. */
function operatorNames({ operators = {} }: AdminAccess): AccessChecks["operatorOf"] {
  const { byToken, byHeader } = operators;
  return (request) => {
    const token = byToken && bearerToken(request);
    return (token === undefined ? undefined : byToken?.(token)) ?? byHeader?.(request);
  };
}

const NO_READING =
  "no token is set, and pages are named that are open without one, so the others are shut: set admin-token-file or TOLLGATE_ADMIN_TOKEN";
const NO_CONTROL =
  "control needs an admin token on a listener that others can reach, or beside a read token: set admin-token-file or TOLLGATE_ADMIN_TOKEN";

type Grade = "control" | "read" | "wrong_token" | "no_token" | "shut";

/** The access that the credentials of the request give, certificates aside. */
function createGrades({
  token,
  readToken,
  operators: { byToken } = {},
  isLoopback,
  requiresCertificate,
  open,
}: AdminAccess): (request: Request) => Grade {
  // Security: where an operator named open pages, the others are not open because a Secret is missing.
  const isShut = !isLoopback && open.size > 0 && !requiresCertificate;
  const [control, read] = [token, readToken].map((each) =>
    each === undefined ? undefined : tokenDigest(each),
  );
  return (request) => {
    const given = bearerDigest(request);
    if (control !== undefined && isSame(given, control)) return "control";
    if (read !== undefined && isSame(given, read)) return "read";
    if (byToken?.(bearerToken(request) ?? "") !== undefined) return "control";
    if (control === undefined && read === undefined && byToken === undefined)
      return isLoopback ? "control" : isShut ? "shut" : "read";
    return given === undefined ? "no_token" : "wrong_token";
  };
}

function createRefuse({
  onRefused,
}: AdminAccess): (request: Request, response: Response, cause: AdminRefusalCause) => void {
  const slowDown = createSlowdown(performance.now.bind(performance));
  return (request, response, cause) => {
    const { method, path, socket } = request;
    onRefused({ cause, method, path, address: socket.remoteAddress });
    const { status, text } = REFUSALS[cause];
    const respond = (): void => {
      if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="tollgate admin"');
      sendError(response, status, text);
    };
    const respondBusy = (): void => {
      response.setHeader("Retry-After", "5");
      sendError(response, 429, "too many wrong tokens");
    };
    if (cause === "wrong_token") slowDown(respond, respondBusy);
    else respond();
  };
}

const TOKEN_NEEDED = "this needs the admin token, as Authorization: Bearer";

const REFUSALS: Readonly<Record<AdminRefusalCause, { readonly status: number; readonly text: string }>> = {
  wrong_token: { status: 401, text: TOKEN_NEEDED },
  no_token: { status: 401, text: TOKEN_NEEDED },
  read_token: { status: 403, text: "the read token may not control: this needs the admin token" },
  no_certificate: { status: 403, text: "this needs a client certificate of the configured authority" },
  no_name: {
    status: 403,
    text: "changes are recorded with a proven name: this needs a token of your own, or the header of the proxy that knows you",
  },
  origin: { status: 403, text: "this Origin may not control the sidecar" },
};

function isOpen({ open }: AdminAccess, path: string): boolean {
  return CONSOLE_FILES.has(path) || open.has(/^\/[^/]*/.exec(path)?.[0] ?? "");
}

function hasCertificate({ requiresCertificate }: AdminAccess, { socket }: Request): boolean {
  return !requiresCertificate || (socket instanceof TLSSocket && socket.authorized);
}

/** A request without Origin comes from no browser; the Host was checked before. */
function isOwnPage({ headers }: Request, origins: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  return (
    origin === undefined || origin === `http://${host}` || origin === `https://${host}` || origins.has(origin)
  );
}

const NO_BEARER = Buffer.alloc(32);

/** Undefined without the header; of a header of another form, or of several, a digest that no token has. */
function bearerDigest(request: Request): Buffer | undefined {
  if (request.headersDistinct["authorization"] === undefined) return undefined;
  const token = bearerToken(request);
  return token === undefined ? NO_BEARER : tokenDigest(token);
}

/** Undefined without the header, and for a header of another form, or several. */
function bearerToken({ headersDistinct }: Request): string | undefined {
  const headers = headersDistinct["authorization"] ?? [];
  return headers.length === 1 ? /^bearer +(\S+)$/i.exec(headers[0] ?? "")?.[1] : undefined;
}

/** Security: digests have the same length, so the comparison's time reveals nothing about the token. */
function isSame(given: Buffer | undefined, expected: Buffer): boolean {
  return given !== undefined && timingSafeEqual(given, expected);
}

function tokenDigest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
