/** Keeps the claims of a verified token beside its agent, for the rules of a policy. */

import type { Agent } from "../../enforcement/request.ts";
import { isJsonObject, type JsonObject } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { type Proof, proofOf } from "../../policy/caller.ts";

/** Proofs that are kept as values; further ones are read again from their text. */
const MAX_PROOFS = 256;
const recent = new Map<Agent, Proof>();

/** The agent with the claims of its JWT; undefined when they are not JSON that is read in one way only. */
export function withProof(agent: Agent, token: string, groupsClaim?: readonly string[]): Agent | undefined {
  const text = Buffer.from(token.split(".", 2).at(1) ?? "", "base64url").toString("utf8");
  return withClaims(agent, text, groupsClaim);
}

/** The same for claims as the text of a JSON object. */
export function withClaims(agent: Agent, text: string, groupsClaim?: readonly string[]): Agent | undefined {
  if (readClaims(text) === undefined) return undefined;
  // The text is kept, since it takes a tenth of the memory of its values, and most policies ask for none of them.
  const proven: Agent = { ...agent, proof: () => remembered(proven, text, groupsClaim) };
  return proven;
}

function readClaims(text: string): JsonObject | undefined {
  const read = readJson(text);
  return read.ok && isJsonObject(read.value) ? read.value : undefined;
}

function remembered(agent: Agent, text: string, groupsClaim: readonly string[] | undefined): Proof {
  const known = recent.get(agent);
  if (known !== undefined) return known;
  const proof = proofOf(readClaims(text) ?? new Map(), groupsClaim);
  recent.set(agent, proof);
  const [oldest] = recent.keys();
  if (recent.size > MAX_PROOFS && oldest !== undefined) recent.delete(oldest);
  return proof;
}
