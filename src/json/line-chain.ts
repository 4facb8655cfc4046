/** Lines of JSON in a chain: each has its number, the digest of the line before, and its own. See docs/decisions/0104-audit-chain.md. */

/** The end of a chain. */
export interface ChainHead {
  readonly seq: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

export interface ChainedLine extends ChainHead {
  /** Digest of the line before, as this one has it. */
  readonly prev: string;
  /** The line without its link, as it was digested. */
  readonly body: string;
}

/** 64 lower-case hexadecimal digits. */
type Digest = (text: string) => string;

export const CHAIN_START: ChainHead = { seq: 0, hash: "0".repeat(64) };

const LINK = /,"chain":\{"seq":(\d{1,15}),"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}\}$/;

/** The digest that belongs into this line. */
export function linkHash(digest: Digest, { prev, seq, body }: Omit<ChainedLine, "hash">): string {
  return digest(`${prev}\n${seq}\n${body}`);
}

/** Returns a function that adds a link to each object of JSON, which ends with a line break. */
export function createChain(digest: Digest, { seq, hash }: ChainHead): (line: string) => string {
  return (line) => {
    const body = line.slice(0, -1);
    const prev = hash;
    seq += 1;
    hash = linkHash(digest, { prev, seq, body });
    return `${body.slice(0, -1)},"chain":{"seq":${seq},"prev":"${prev}","hash":"${hash}"}}\n`;
  };
}

/** Undefined for a line without a link. `line` has no line break at its end. */
export function parseChainedLine(line: string): ChainedLine | undefined {
  const found = LINK.exec(line);
  if (found === null) return undefined;
  const [, seq, prev = "", hash = ""] = found;
  return { seq: Number(seq), prev, hash, body: `${line.slice(0, found.index)}}` };
}
