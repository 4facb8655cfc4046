/** The key of the argument digests: given, or made once and kept beside the audit log. */

import { createHash, createHmac, hash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const KEY_BYTES = 32;

/** Of SHA-256, in bytes: a block, and a digest. */
const [BLOCK, DIGEST] = [64, 32] as const;
/** Longer texts take the platform's own HMAC: the shortcut saves a constant time. */
const MAX_SHORT = 4_096;

/**
 * Lower-case hexadecimal HMAC-SHA256. Keyed, because a plain hash of a small argument can be guessed.
 *
 * A short text takes two plain hashes (RFC 2104, section 2), half the cost of a Hmac object, which lives outside the heap.
 */
export function createDigest(key: string | Uint8Array): (text: string) => string {
  const inner = padded(key, 0x36, MAX_SHORT);
  const outer = padded(key, 0x5c, DIGEST);
  return (text) => {
    if (text.length * 3 > MAX_SHORT) return createHmac("sha256", key).update(text).digest("hex");
    const end = BLOCK + inner.write(text, BLOCK);
    outer.write(hash("sha256", inner.subarray(0, end), "latin1"), BLOCK, "latin1");
    return hash("sha256", outer, "hex");
  };
}

/** A block of the key, each byte of it changed by `pad`, and room for so many bytes behind it. */
function padded(key: string | Uint8Array, pad: number, room: number): Buffer {
  const bytes = Buffer.from(key);
  const short = bytes.length > BLOCK ? createHash("sha256").update(bytes).digest() : bytes;
  const block = Buffer.alloc(BLOCK + room);
  short.copy(block);
  for (let index = 0; index < BLOCK; index += 1) block[index] = (block[index] ?? 0) ^ pad;
  return block;
}

/** A key for this process alone, where there is no place to keep one: digests then compare within one run. */
export function createDigestKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/**
 * The key in a file, made with mode 0600 when there is none, so that digests compare across restarts.
 *
 * @throws Error of node:fs when the file can be neither read nor made.
 */
export function readOrCreateDigestKey(path: string): Uint8Array {
  try {
    writeFileSync(path, `${Buffer.from(createDigestKey()).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const key = Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  if (key.length < KEY_BYTES) throw new Error(`${path}: must hold ${KEY_BYTES} bytes as hexadecimal digits`);
  return key;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
