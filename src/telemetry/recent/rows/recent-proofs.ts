/** The latest proofs of callers, each with a number for the rows: their claims are read only for an explanation. */

import type { Agent } from "../../../enforcement/request.ts";

type ReadProof = NonNullable<Agent["proof"]>;

const MAX_PROOFS = 1_000;

export class RecentProofs {
  readonly #codes = new Map<ReadProof, number>();
  readonly #latest: ReadProof[] = [];
  #count = 0;

  /** The number of the agent's proof, from 1; 0 for an agent without one. */
  codeOf({ verified, proof }: Agent): number {
    if (!verified || proof === undefined) return 0;
    const known = this.#codes.get(proof);
    if (known !== undefined) return known;
    const place = this.#count % MAX_PROOFS;
    const oldest = this.#latest[place];
    if (oldest !== undefined) this.#codes.delete(oldest);
    this.#latest[place] = proof;
    this.#count += 1;
    this.#codes.set(proof, this.#count);
    return this.#count;
  }

  /** Undefined when newer proofs took its place. */
  proofOf(code: number): ReadProof | undefined {
    return code > this.#count - MAX_PROOFS ? this.#latest[(code - 1) % MAX_PROOFS] : undefined;
  }
}
