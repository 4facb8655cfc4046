/** Which agent is calling: the sources that the operator configured, asked in order of trust; a claim stays a claim. */

import type { IncomingMessage } from "node:http";
import { type Agent, ANONYMOUS } from "../enforcement/request.ts";
import type { Client } from "../mcp/vocabulary.ts";
import { NONE, type Proof, type Source } from "./authentication.ts";

/** What the sources make of a caller; `missing`: none of them was given proof, and one has to be. */
export type Identified = Proof | { readonly kind: "missing" };

export interface Identity {
  readonly identify: (request: IncomingMessage) => Identified | Promise<Identified>;
  /** The agent of a caller without proof, from what its client claims about itself. */
  readonly withoutProof: (client: Client | undefined) => Agent;
}

export interface IdentityOptions {
  /** In order of trust: the first that gives proof names the agent, and the first whose proof is bad ends it. */
  readonly sources: readonly Source[];
  /** A caller without proof is refused. */
  readonly isRequired: boolean;
}

export function createIdentity({ sources, isRequired }: IdentityOptions): Identity {
  const absent: Identified = isRequired ? { kind: "missing" } : NONE;
  const orMissing = (proof: Proof): Identified => (proof.kind === "none" ? absent : proof);
  return {
    identify: (request) => {
      const proof = firstProof(request, sources);
      return proof instanceof Promise ? proof.then(orMissing) : orMissing(proof);
    },
    // Security: beside a source that proves, a claim could be taken for proof.
    withoutProof: (client) => (client === undefined || sources.length > 0 ? ANONYMOUS : claimedAgent(client)),
  };
}

function firstProof(request: IncomingMessage, sources: readonly Source[], from = 0): Proof | Promise<Proof> {
  for (let index = from; index < sources.length; index += 1) {
    const proof = sources[index]?.(request) ?? NONE;
    if (proof instanceof Promise)
      return proof.then((settled) =>
        settled.kind === "none" ? firstProof(request, sources, index + 1) : settled,
      );
    if (proof.kind !== "none") return proof;
  }
  return NONE;
}

const LONGEST_NAME = 256;

function claimedAgent(client: Client): Agent {
  return { name: client.name.slice(0, LONGEST_NAME), source: "client_info", verified: false };
}
