/** Which agent is calling: the sources that the operator configured, asked in order of trust; a claim stays a claim. */

import type { IncomingMessage } from "node:http";
import { type Agent, ANONYMOUS } from "../enforcement/request.ts";
import type { Client } from "../mcp/vocabulary.ts";
import { NO_CREDENTIAL, type Authentication, type CredentialSource } from "./authentication.ts";

/** What the sources make of a caller; `missing`: none of them was given proof, and one has to be. */
export type AuthenticationOutcome = Authentication | { readonly kind: "missing" };

export interface Authenticator {
  readonly authenticate: (request: IncomingMessage) => AuthenticationOutcome | Promise<AuthenticationOutcome>;
  /** The agent of a caller without proof, from what its client claims about itself. */
  readonly agentWithoutCredential: (client: Client | undefined) => Agent;
}

export interface AuthenticatorOptions {
  /** In order of trust: the first that gives proof names the agent, and the first whose proof is bad ends it. */
  readonly sources: readonly CredentialSource[];
  /** A caller without proof is refused. */
  readonly isRequired: boolean;
}

export function createAuthenticator({ sources, isRequired }: AuthenticatorOptions): Authenticator {
  const absent: AuthenticationOutcome = isRequired ? { kind: "missing" } : NO_CREDENTIAL;
  const orMissing = (proof: Authentication): AuthenticationOutcome =>
    proof.kind === "none" ? absent : proof;
  return {
    authenticate: (request) => {
      const proof = firstAuthentication(request, sources);
      return proof instanceof Promise ? proof.then(orMissing) : orMissing(proof);
    },
    // Security: beside a source that proves, a claim could be taken for proof.
    agentWithoutCredential: (client) =>
      client === undefined || sources.length > 0 ? ANONYMOUS : claimedAgent(client),
  };
}

function firstAuthentication(
  request: IncomingMessage,
  sources: readonly CredentialSource[],
  from = 0,
): Authentication | Promise<Authentication> {
  for (let index = from; index < sources.length; index += 1) {
    const proof = sources[index]?.(request) ?? NO_CREDENTIAL;
    if (proof instanceof Promise)
      return proof.then((settled) =>
        settled.kind === "none" ? firstAuthentication(request, sources, index + 1) : settled,
      );
    if (proof.kind !== "none") return proof;
  }
  return NO_CREDENTIAL;
}

const MAX_NAME_LENGTH = 256;

function claimedAgent(client: Client): Agent {
  return { name: client.name.slice(0, MAX_NAME_LENGTH), source: "client_info", verified: false };
}
