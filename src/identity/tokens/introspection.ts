/** Verifies tokens by asking their issuer (RFC 7662): opaque ones, and JWTs of an issuer whose keys are not used. */

import { withClaims } from "./token-proof.ts";
import { readJson } from "../../json/read-json.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Authentication } from "../authentication.ts";
import { FetchError, fetchText, type JsonRequest } from "../keys/fetch-json.ts";
import { RequestCircuit } from "../keys/request-circuit.ts";
import type { TokenVerdict } from "./bearer.ts";
import { claimFault, type ClaimRules } from "./claim-rules.ts";
import { tokenDigest } from "./token-cache.ts";

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
    const claims = parseResponse(text);
    circuit.succeeded();
    return verdictOf(claims, options);
  } catch (error) {
    circuit.failed();
    const reason = error instanceof FetchError ? error.message : "unknown error";
    options.onProblem(`tokens of ${options.issuer} cannot be introspected: ${reason}`);
    return rejected(NO_ANSWER);
  }
}

// Security: read as strictly as a token, so that a member that comes twice is no answer.
/** @throws FetchError */
function parseResponse(text: string): Readonly<Record<string, unknown>> {
  const read = readJson(text);
  if (!read.ok || !isJsonObject(read.value))
    throw new FetchError("its answer is no JSON object that can be read");
  const value: Readonly<Record<string, unknown>> = JSON.parse(text);
  return value;
}

function verdictOf(claims: Readonly<Record<string, unknown>>, options: IntrospectionOptions): TokenVerdict {
  if (claims["active"] !== true) return rejected("the token is not active, says its issuer");
  const { iss, cnf, token_type: type, exp, nbf } = claims;
  if (iss !== undefined && iss !== options.issuer) return rejected("the token is of another issuer");
  if (cnf !== undefined || (type !== undefined && String(type).toLowerCase() !== "bearer"))
    return rejected("the token is bound to a key, and the request brings no proof of that key");
  const time = timeFault(exp, nbf, options);
  if (time !== undefined) return rejected(time);
  const fault = claimFault(claims, options);
  if (fault !== undefined) return rejected(fault);
  const found = options.agentOf(claims);
  if (found.kind !== "agent") return rejected(found.kind === "rejected" ? found.detail : "no agent");
  const expiresAtMs = typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY;
  const agent = withClaims(found.agent, JSON.stringify(claims), options.groupsClaim);
  return agent === undefined ? rejected(NO_ANSWER) : { ok: true, agent, expiresAtMs };
}

/** Both are optional in a response (RFC 7662, section 2.2). */
function timeFault(
  exp: unknown,
  nbf: unknown,
  { nowMs, clockToleranceMs }: IntrospectionOptions,
): string | undefined {
  if (exp !== undefined && (typeof exp !== "number" || !Number.isFinite(exp)))
    return "the token's exp is not a time";
  if (nbf !== undefined && (typeof nbf !== "number" || !Number.isFinite(nbf)))
    return "the token's nbf is not a time";
  if (exp !== undefined && exp * 1000 + clockToleranceMs <= nowMs()) return "the token has expired";
  if (nbf !== undefined && nbf * 1000 - clockToleranceMs > nowMs()) return "the token is not valid yet";
  return undefined;
}

function rejected(detail: string): TokenVerdict {
  return { ok: false, detail };
}
