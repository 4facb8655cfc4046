/** Session ids as clients see them: the server's id with a keyed proof of its owner, where callers are identified. */

import { createHmac, timingSafeEqual } from "node:crypto";

export interface SessionIds {
  /** The id for the client of this owner, a principal with its user. */
  readonly seal: (id: string, owner: string) => string;
  /** The server's id; undefined when the proof is not that of this owner. */
  readonly open: (sealed: string, owner: string) => string | undefined;
  /** The server's id by form alone. Security: for labels; it says nothing about who may use the session. */
  readonly unproven: (sealed: string) => string;
}

/** Where no caller is identified, clients see the server's ids. */
export const PLAIN_SESSION_IDS: SessionIds = {
  seal: (id) => id,
  open: (sealed) => sealed,
  unproven: (sealed) => sealed,
};

export interface SealedSessionIdsOptions {
  /** The first one seals, each one opens. Read at each use, since their file may change. */
  readonly keys: () => readonly [string, ...string[]];
  /** Security: separates endpoints that share a key, whose servers may give out the same id. */
  readonly endpoint: string;
}

/** 192 bits: no client finds one by trying. */
const PROOF_BYTES = 24;
const PROOF_LENGTH = 32;
const SEPARATOR = ".";

// Security: the id is compared as it was written, so that a server which ignores case is asked for no other session.
/** Ids of the form `ID.PROOF`. They need no memory, so any process that has a key knows the owner of a session. */
export function sealedSessionIds({ keys, endpoint }: SealedSessionIdsOptions): SessionIds {
  const open = (sealed: string, owner: string): string | undefined => {
    const id = idOf(sealed);
    if (id === undefined) return undefined;
    const proof = Buffer.from(sealed.slice(-PROOF_LENGTH), "latin1");
    const isProven = keys().some((key) => isEqual(proof, proofOf({ key, endpoint, owner, id })));
    return isProven ? id : undefined;
  };
  return {
    seal: (id, owner) => `${id}${SEPARATOR}${proofOf({ key: keys()[0], endpoint, owner, id })}`,
    open,
    unproven: (sealed) => idOf(sealed) ?? sealed,
  };
}

function idOf(sealed: string): string | undefined {
  const end = sealed.length - PROOF_LENGTH - SEPARATOR.length;
  return end > 0 && sealed[end] === SEPARATOR ? sealed.slice(0, end) : undefined;
}

interface Proven {
  readonly key: string;
  readonly endpoint: string;
  readonly owner: string;
  readonly id: string;
}

function proofOf({ key, endpoint, owner, id }: Proven): string {
  // Invariant: injective, since JSON marks where each part ends.
  const text = JSON.stringify(["tollgate session", endpoint, owner, id]);
  return createHmac("sha256", key).update(text).digest().subarray(0, PROOF_BYTES).toString("base64url");
}

function isEqual(given: Buffer, proof: string): boolean {
  const wanted = Buffer.from(proof, "latin1");
  return given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted);
}
