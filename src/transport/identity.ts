/** Which agent is calling, from what the operator configured; a claim stays a claim. */

import type { IncomingMessage } from "node:http";
import { type Agent, ANONYMOUS, type Client } from "../enforcement/request.ts";

export interface IdentitySources {
  /** Every caller is this agent: the operator said so. */
  readonly agent?: string;
  /** A header that names the agent, believed only from these addresses. */
  readonly header?: { readonly name: string; readonly from: readonly string[] };
}

const LONGEST_NAME = 256;

/** The agent of a request, from its connection and headers; `client` is what the client claims about itself. */
export type Identify = (request: IncomingMessage, client: Client | undefined) => Agent;

export function createIdentify({ agent, header }: IdentitySources): Identify {
  if (header !== undefined) {
    const name = header.name.toLowerCase();
    const hops = new Set(header.from);
    return (request) => fromTrustedHop(request, name, hops);
  }
  if (agent !== undefined) {
    const fixed: Agent = { name: agent, source: "flag", verified: true };
    return () => fixed;
  }
  return (_request, client) => (client === undefined ? ANONYMOUS : claimedAgent(client));
}

/** The header is believed when it came once, from a trusted address, and holds a name. */
function fromTrustedHop(request: IncomingMessage, header: string, hops: ReadonlySet<string>): Agent {
  const hop = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const [name, ...others] = request.headersDistinct[header] ?? [];
  if (!hops.has(hop) || name === undefined || others.length > 0) return ANONYMOUS;
  if (name === "" || name.length > LONGEST_NAME) return ANONYMOUS;
  return { name, source: "header", verified: true };
}

function claimedAgent(client: Client): Agent {
  return { name: client.name.slice(0, LONGEST_NAME), source: "client_info", verified: false };
}
