/** Keyed digests of arguments, and their key: given, or created once and kept next to the audit log. */

import { createHash, createHmac, hash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const KEY_BYTES = 32;

/** Bytes of a block and of a digest of SHA-256. */
const [BLOCK, DIGEST] = [64, 32] as const;
/** In bytes. Longer texts use Node's HMAC, since the shortcut saves only a constant time. */
const MAX_SHORT_BYTES = 4_096;

/**
 * Lower-case hexadecimal HMAC-SHA256. Keyed, because a plain hash of a small argument can be guessed.
 *
 * A short text takes two plain hashes (RFC 2104, section 2), half the cost of a Hmac object, which lives outside the heap.
 */
export function createDigest(key: string | Uint8Array): (text: string) => string {
  const inner = padded(key, 0x36, MAX_SHORT_BYTES);
  const outer = padded(key, 0x5c, DIGEST);
  return (text) => {
    if (text.length * 3 > MAX_SHORT_BYTES) return createHmac("sha256", key).update(text).digest("hex");
    const end = BLOCK + inner.write(text, BLOCK);
    outer.write(hash("sha256", inner.subarray(0, end), "latin1"), BLOCK, "latin1");
    return hash("sha256", outer, "hex");
  };
}

/** One block: the key, each byte XORed with `pad`, followed by `room` empty bytes. */
function padded(key: string | Uint8Array, pad: number, room: number): Buffer {
  const bytes = Buffer.from(key);
  const short = bytes.length > BLOCK ? createHash("sha256").update(bytes).digest() : bytes;
  const block = Buffer.alloc(BLOCK + room);
  short.copy(block);
  for (let index = 0; index < BLOCK; index += 1) block[index] = (block[index] ?? 0) ^ pad;
  return block;
}

/** Creates a key for this process alone; digests are comparable only until it ends. */
export function createDigestKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/**
 * Reads the key in a file, or creates the file with mode 0600, so that digests are comparable across restarts.
 *
 * @throws Error of node:fs when the file can be neither read nor created.
 */
export function readOrCreateDigestKey(path: string): Uint8Array {
  try {
    writeFileSync(path, `${Buffer.from(createDigestKey()).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!isExisting(error)) throw error;
  }
  const key = Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  if (key.length < KEY_BYTES) throw new Error(`${path}: must hold ${KEY_BYTES} bytes as hexadecimal digits`);
  return key;
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
