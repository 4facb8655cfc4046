/** Describes one request: its agent, client, session, method and tool. */

import type { Caller, Proof } from "../policy/caller.ts";
import type { CategoryAssignment } from "../policy/category/category.ts";
import type { Client, Era, TraceContext, Transport } from "../mcp/vocabulary.ts";

export const AGENT_SOURCES = [
  "none",
  "client_info",
  "flag",
  "header",
  "jwt",
  "service_account",
  "api_key",
  "mtls",
  "xfcc",
] as const;
export type AgentSource = (typeof AGENT_SOURCES)[number];

/** The authenticated agent of a caller, or the one that its client claims to be. */
export interface Agent {
  /** The name in metrics and logs; the client's own claim when no source of identity is configured. */
  readonly name: string;
  readonly source: AgentSource;
  readonly verified: boolean;
  /** The verified user on whose behalf the agent acts; absent when its proof names none. */
  readonly user?: string;
  /** Reads the claims of its token; absent for any other proof. */
  readonly proof?: () => Proof;
}

export const ANONYMOUS: Agent = { name: "anonymous", source: "none", verified: false };

// Security: a claimed name is only a label; the limits of unauthenticated callers share one bucket.
/** The name that limits, approvals and rules are keyed by. */
export function principalOf(agent: Agent): string {
  return agent.verified ? agent.name : ANONYMOUS.name;
}

// Security: behind one agent, a user must not reach the session or task of another user.
// Invariant: injective, since no verified name has a line break.
/** The name that sessions and tasks are owned under: the principal, and its user where one is known. */
export function ownerOf(agent: Agent): string {
  const principal = principalOf(agent);
  return agent.verified && agent.user !== undefined ? `${principal}\n${agent.user}` : principal;
}

/** The principal of an owner. */
export function principalOfOwner(owner: string): string {
  return owner.split("\n", 1).join("");
}

/** The caller of a request, for the policy. */
export function callerOf({
  agent,
  address,
  session,
  receivedAtMs: nowMs,
}: Pick<Request, "agent"> & Partial<Pick<Request, "address" | "session" | "receivedAtMs">>): Caller {
  const { verified, source, user, proof } = agent;
  return {
    agent: principalOf(agent),
    source: verified ? source : ANONYMOUS.source,
    ...(nowMs !== undefined && { nowMs }),
    ...(session !== undefined && { session }),
    ...(address !== undefined && { address }),
    ...(verified && user !== undefined && { user }),
    ...(verified && proof !== undefined && { proof }),
  };
}

/** The name and version that the client of a caller without proof claims, bounded; empty for a verified agent. */
export function claimedClientOf({ agent, client }: Pick<Request, "agent" | "client">): {
  readonly claimedClient?: string;
} {
  if (agent.verified || client === undefined) return {};
  return { claimedClient: `${client.name} ${client.version}`.trim().slice(0, MAX_CLAIM_LENGTH) };
}

const MAX_CLAIM_LENGTH = 256;

/** The tool that a tools/call names. */
export interface RequestedTool {
  readonly name: string;
  readonly category: CategoryAssignment;
  /** Whether the server's tools/list or the policy knows the name; only then may it become a label. */
  readonly isKnown: boolean;
  /** Called when the server has answered the call with success. */
  readonly answered?: () => void;
}

/** A JSON-RPC request that came from downstream. */
export interface Request {
  /** Unique for the life of the process; the `id` of its decision in audit log, span and answer. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number;
  readonly method: string;
  readonly tool?: RequestedTool | undefined;
  readonly agent: Agent;
  /** The caller's IP address; absent on stdio. */
  readonly address?: string | undefined;
  readonly client?: Client | undefined;
  readonly session?: string | undefined;
  readonly era: Era;
  readonly protocolVersion?: string | undefined;
  /** The JSON-RPC id as its token: `7` or `"a"`. */
  readonly rpcId: string;
  readonly transport: Transport;
  /** Length of the message as the parser accepted it. */
  readonly bytes: number;
  /** Of `params.arguments`: its length, and its top-level names. */
  readonly args?:
    | { readonly bytes: number; readonly keys: readonly string[]; readonly text: string }
    | undefined;
  /** From `params._meta`. */
  readonly metaTrace?: TraceContext | undefined;
  /** From the HTTP headers. */
  readonly headerTrace?: TraceContext | undefined;
}
