/** Authenticates callers: asks the configured sources of credentials in order of trust. */

import type { IncomingMessage } from "node:http";
import { type Agent, ANONYMOUS } from "../enforcement/request.ts";
import type { Client } from "../mcp/vocabulary.ts";
import { MAX_NAME_LENGTH } from "../policy/agent-name.ts";
import { type Authentication, type CredentialSource, NO_CREDENTIAL } from "./authentication.ts";

/** `missing`: the request has no credential, and one is required. */
export type AuthenticationOutcome = Authentication | { readonly kind: "missing" };

export interface Authenticator {
  readonly authenticate: (request: IncomingMessage) => AuthenticationOutcome | Promise<AuthenticationOutcome>;
  /** The agent of a caller without a credential: the name that its client claims, or `anonymous`. */
  readonly agentWithoutCredential: (client: Client | undefined) => Agent;
}

export interface AuthenticatorOptions {
  /** In order of trust: the first source that finds a credential decides, be it valid or rejected. */
  readonly sources: readonly CredentialSource[];
  /** Whether a caller without a credential is refused. */
  readonly isRequired: boolean;
}

export function createAuthenticator({ sources, isRequired }: AuthenticatorOptions): Authenticator {
  const absent: AuthenticationOutcome = isRequired ? { kind: "missing" } : NO_CREDENTIAL;
  const outcomeOf = (found: Authentication): AuthenticationOutcome =>
    found.kind === "none" ? absent : found;
  return {
    authenticate: (request) => {
      const found = firstAuthentication(request, sources);
      return found instanceof Promise ? found.then(outcomeOf) : outcomeOf(found);
    },
    // Security: next to a source of verified names, a claimed name could be taken for a verified one.
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
    const found = sources[index]?.(request) ?? NO_CREDENTIAL;
    if (found instanceof Promise)
      return found.then((settled) =>
        settled.kind === "none" ? firstAuthentication(request, sources, index + 1) : settled,
      );
    if (found.kind !== "none") return found;
  }
  return NO_CREDENTIAL;
}

function claimedAgent(client: Client): Agent {
  return { name: client.name.slice(0, MAX_NAME_LENGTH), source: "client_info", verified: false };
}

/** `--agent`: the operator states that every caller is this agent. */
export function staticAgentSource(name: string): CredentialSource {
  const agent: Authentication = { kind: "agent", agent: { name, source: "flag", verified: true } };
  return () => agent;
}
