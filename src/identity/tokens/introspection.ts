/** Verifies tokens by asking their issuer (RFC 7662): opaque ones, and JWTs of an issuer whose keys are not used. */

import { withClaims } from "./token-proof.ts";
import { readJson } from "../../json/read-json.ts";
import { isJsonObject, type JsonObject } from "../../json/json.ts";
import type { Authentication } from "../authentication.ts";
import { FetchError, fetchText, type JsonRequest } from "../keys/fetch-json.ts";
import { RequestCircuit } from "../keys/request-circuit.ts";
import type { TokenVerdict } from "./bearer.ts";
import { claimFault, type ClaimRules } from "./claim-rules.ts";
import { isBound } from "./confirmation.ts";
import { tokenDigest } from "./token-cache.ts";
import { timeClaimFault } from "./token-form.ts";
import { tokenTypeFault } from "./token-type.ts";

export interface IntrospectionOptions extends ClaimRules {
  /** `iss` of a response must equal it, where it is there. */
  readonly issuer: string;
  readonly clockToleranceMs: number;
  /** The request to the endpoint, without a body. @throws FetchError when Tollgate's own credentials cannot be read */
  readonly endpoint: () => JsonRequest;
  /** Milliseconds since the epoch, and steady ones. */
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly agentOf: (claims: Readonly<Record<string, unknown>>) => Authentication;
  /** Whether ID tokens count as access tokens; absent: they do not. */
  readonly acceptsIdTokens?: boolean;
  /** Names down to the claim of the groups; absent: `groups`, then `cognito:groups`. */
  readonly groupsClaim?: readonly string[];
  /** Called when a request fails. */
  readonly onProblem: (problem: string) => void;
}

export type Introspect = (token: string) => Promise<TokenVerdict>;

/** Requests in flight at once; beyond them a token is refused at once. */
const MAX_REQUESTS = 32;
const NO_ANSWER = "the token cannot be checked now: its issuer gave no answer";

export function createIntrospection(options: IntrospectionOptions): Introspect {
  const circuit = new RequestCircuit(options.steadyMs);
  const inFlight = new Map<string, Promise<TokenVerdict>>();
  return (token) => {
    const digest = tokenDigest(token);
    const same = inFlight.get(digest);
    if (same !== undefined) return same;
    if (inFlight.size >= MAX_REQUESTS)
      return Promise.resolve(rejected("the token cannot be checked now: too many are"));
    const request = introspect(token, circuit, options).finally(() => inFlight.delete(digest));
    inFlight.set(digest, request);
    return request;
  };
}

async function introspect(
  token: string,
  circuit: RequestCircuit,
  options: IntrospectionOptions,
): Promise<TokenVerdict> {
  if (!circuit.mayTry()) return rejected(NO_ANSWER);
  try {
    const body = new URLSearchParams({ token, token_type_hint: "access_token" });
    const text = await fetchText({ ...options.endpoint(), body });
    const response = parseResponse(text);
    circuit.succeeded();
    return verdictOf(response, options);
  } catch (error) {
    circuit.failed();
    const reason = error instanceof FetchError ? error.message : "unknown error";
    options.onProblem(`tokens of ${options.issuer} cannot be introspected: ${reason}`);
    return rejected(NO_ANSWER);
  }
}

interface Response {
  /** As it was written. */
  readonly members: JsonObject;
  readonly claims: Readonly<Record<string, unknown>>;
}

// Security: read as strictly as a token, so that a member that comes twice is no answer.
/** @throws FetchError */
function parseResponse(text: string): Response {
  const read = readJson(text);
  if (!read.ok || !isJsonObject(read.value))
    throw new FetchError("its answer is no JSON object that can be read");
  return { members: read.value, claims: JSON.parse(text) };
}

const NO_HEADER: JsonObject = new Map();

function verdictOf({ members, claims }: Response, options: IntrospectionOptions): TokenVerdict {
  if (claims["active"] !== true) return rejected("the token is not active, says its issuer");
  const { iss, token_type: type, exp } = claims;
  if (iss !== undefined && iss !== options.issuer) return rejected("the token is of another issuer");
  if (type !== undefined && (typeof type !== "string" || type.toLowerCase() !== "bearer"))
    return rejected("the token is bound to a key, and the request brings no proof of that key");
  // Some issuers describe refresh tokens and ID tokens, too: Keycloak by `typ`, AWS Cognito by `token_use`.
  const kind = tokenTypeFault({ header: NO_HEADER, claims: members }, options.acceptsIdTokens === true);
  if (kind !== undefined) return rejected(kind);
  const time = timeFault(members, claims, options);
  if (time !== undefined) return rejected(time);
  const fault = claimFault(claims, options);
  if (fault !== undefined) return rejected(fault);
  const found = options.agentOf(claims);
  if (found.kind !== "agent") return rejected(found.kind === "rejected" ? found.detail : "no agent");
  const expiresAtMs = typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY;
  const kept = JSON.stringify(claims);
  const agent = withClaims(found.agent, kept, options.groupsClaim);
  if (agent === undefined) return rejected(NO_ANSWER);
  return { ok: true, agent, expiresAtMs, length: kept.length, ...(isBound(members) && { bound: members }) };
}

/** All are optional in a response (RFC 7662, section 2.2). */
function timeFault(
  members: JsonObject,
  { exp, nbf, iat }: Response["claims"],
  { nowMs, clockToleranceMs }: IntrospectionOptions,
): string | undefined {
  const [noTime] = Object.entries({ exp, nbf, iat }).find(([, time]) => !isTimeOrAbsent(time)) ?? [];
  if (noTime !== undefined) return `the token's ${noTime} is not a time`;
  const fault = timeClaimFault(members);
  if (fault !== undefined) return fault;
  if (typeof exp === "number" && exp * 1000 + clockToleranceMs <= nowMs()) return "the token has expired";
  if (typeof nbf === "number" && nbf * 1000 - clockToleranceMs > nowMs()) return "the token is not valid yet";
  return undefined;
}

function isTimeOrAbsent(time: unknown): boolean {
  return time === undefined || typeof time === "number";
}

function rejected(detail: string): TokenVerdict {
  return { ok: false, detail };
}
