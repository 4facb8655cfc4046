/** The key of the argument digests: given, or made once and kept beside the audit log. */

import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const KEY_BYTES = 32;

/**
 * Lower-case hexadecimal HMAC-SHA256. Keyed, because a plain hash of a small argument can be guessed.
 */
export function createDigest(key: string | Uint8Array): (text: string) => string {
  const secret = typeof key === "string" ? createSecretKey(key, "utf8") : createSecretKey(key);
  return (text) => createHmac("sha256", secret).update(text).digest("hex");
}

/** A key for this process alone, where there is no place to keep one: digests then compare within one run. */
export function createKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/**
 * The key in a file, made with mode 0600 when there is none, so that digests compare across restarts.
 *
 * @throws Error of node:fs when the file can be neither read nor made.
 */
export function readOrCreateKey(path: string): Uint8Array {
  try {
    writeFileSync(path, `${Buffer.from(createKey()).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
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
