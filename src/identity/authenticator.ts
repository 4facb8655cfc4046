/** Authenticates callers: asks the configured sources of credentials in order of trust. */

import type { IncomingMessage } from "node:http";
import { type Agent, ANONYMOUS } from "../enforcement/request.ts";
import type { Client } from "../mcp/vocabulary.ts";
import { MAX_NAME_LENGTH } from "../policy/agent-name.ts";
import {
  type Authentication,
  type CredentialSource,
  NO_CREDENTIAL,
  rejectedCredential,
} from "./authentication.ts";

/** `missing`: the request has no credential, and one is required. */
export type AuthenticationOutcome = Authentication | { readonly kind: "missing" };

export interface Authenticator {
  readonly authenticate: (request: IncomingMessage) => AuthenticationOutcome | Promise<AuthenticationOutcome>;
  /** The agent of a caller without a credential: the name that its client claims, or `anonymous`. */
  readonly agentWithoutCredential: (client: Client | undefined) => Agent;
}

export interface AuthenticatorSources {
  /** In order of trust: the first source that finds a credential names the agent. */
  readonly all: readonly CredentialSource[];
  /** The one of them that reads the connection, whose peer may be a proxy of many agents. */
  readonly certificate?: CredentialSource;
  /** Whether the first credential decides alone, whatever other ones the request has. */
  readonly isFirstEnough?: boolean;
}

export interface AuthenticatorOptions {
  readonly sources: AuthenticatorSources;
  /** Names that only API keys give. */
  readonly keyNames: () => ReadonlySet<string>;
  /** Whether a caller without a credential is refused. */
  readonly isRequired: boolean;
}

export function createAuthenticator({ sources, keyNames, isRequired }: AuthenticatorOptions): Authenticator {
  const absent: AuthenticationOutcome = isRequired ? { kind: "missing" } : NO_CREDENTIAL;
  const outcomeOf = (found: Authentication): AuthenticationOutcome =>
    found.kind === "none" ? absent : withoutKeyNames(found, keyNames);
  return {
    authenticate: (request) => {
      const found = firstAuthentication(request, sources);
      return found instanceof Promise ? found.then(outcomeOf) : outcomeOf(found);
    },
    // Security: next to a source of verified names, a claimed name could be taken for a verified one.
    agentWithoutCredential: (client) =>
      client === undefined || sources.all.length > 0 ? ANONYMOUS : claimedAgent(client),
  };
}

const NAME_OF_KEY = rejectedCredential("the agent's name is that of an API key");
const CONTRADICTION = rejectedCredential("the credentials of the request name different agents");

/** Security: an agent that a token names must not share the limits and sessions of an API key with its name. */
function withoutKeyNames(
  found: Exclude<Authentication, { kind: "none" }>,
  keyNames: AuthenticatorOptions["keyNames"],
): Authentication {
  if (found.kind === "rejected" || found.agent.source === "api_key") return found;
  return keyNames().has(found.agent.name) ? NAME_OF_KEY : found;
}

/** The first credential, once no other one of the request contradicts it. */
function firstAuthentication(
  request: IncomingMessage,
  sources: AuthenticatorSources,
  from = 0,
): Authentication | Promise<Authentication> {
  for (let index = from; index < sources.all.length; index += 1) {
    const found = sources.all[index]?.(request) ?? NO_CREDENTIAL;
    if (found instanceof Promise)
      return found.then((settled) =>
        settled.kind === "none"
          ? firstAuthentication(request, sources, index + 1)
          : confirmed(settled, request, sources, index + 1),
      );
    if (found.kind !== "none") return confirmed(found, request, sources, index + 1);
  }
  return NO_CREDENTIAL;
}

// Security: a request with two credentials is of the agent that both of them name, or of none.
function confirmed(
  found: Authentication,
  request: IncomingMessage,
  sources: AuthenticatorSources,
  from: number,
): Authentication | Promise<Authentication> {
  if (found.kind !== "agent" || sources.isFirstEnough === true) return found;
  for (let index = from; index < sources.all.length; index += 1) {
    const source = sources.all[index];
    if (source === undefined || source === sources.certificate) continue;
    const other = source(request);
    if (other instanceof Promise)
      return other.then((settled) => {
        const verdict = agreed(found, settled);
        return verdict === found ? confirmed(found, request, sources, index + 1) : verdict;
      });
    const verdict = agreed(found, other);
    if (verdict !== found) return verdict;
  }
  return found;
}

function agreed(found: Extract<Authentication, { kind: "agent" }>, other: Authentication): Authentication {
  if (other.kind === "none") return found;
  if (other.kind === "rejected") return other;
  return other.agent.name === found.agent.name ? found : CONTRADICTION;
}

function claimedAgent(client: Client): Agent {
  return { name: client.name.slice(0, MAX_NAME_LENGTH), source: "client_info", verified: false };
}

/** `--agent`: the operator states that every caller is this agent. */
export function staticAgentSource(name: string): CredentialSource {
  const agent: Authentication = { kind: "agent", agent: { name, source: "flag", verified: true } };
  return () => agent;
}
