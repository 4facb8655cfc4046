/** Reads the end of the chain in an audit log, so that a restart continues it. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CHAIN_START, type ChainHead, parseChainedLine } from "../../json/line-chain.ts";

/** Bytes at the end of a log that hold its last record. */
const TAIL_BYTES = 1_048_576;

/** The start of a chain when the log is missing or has none. @throws Error of node:fs when the log cannot be read. */
export function readChainHead(path: string): ChainHead {
  try {
    const links = tailOf(path).split("\n").map(parseChainedLine);
    return links.findLast((link) => link !== undefined) ?? CHAIN_START;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return CHAIN_START;
    throw error;
  }
}

function tailOf(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString();
  } finally {
    closeSync(descriptor);
  }
}
