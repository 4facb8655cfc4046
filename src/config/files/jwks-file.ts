/** A file of public keys (RFC 7517), read again when it changes. */

import * as z from "zod";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

const KEY = z.looseObject({ kty: z.enum(["RSA", "EC", "OKP"]) });
const KEY_SET = z.looseObject({ keys: z.array(KEY).min(1).max(100) });

export interface JwksFile {
  readonly keys: z.infer<typeof KEY>[];
}

export function openJwksFile(path: string): OpenedFile<JwksFile> {
  return openWatchedFile({ paths: [path], parse: (bytes) => parse(path, bytes ?? Buffer.alloc(0)) });
}

function parse(path: string, bytes: Buffer): FileReading<JwksFile> {
  try {
    const { keys } = KEY_SET.parse(JSON.parse(bytes.toString("utf8")));
    return { ok: true, value: { keys } };
  } catch {
    return { ok: false, problems: [`${path}: must be a JSON Web Key Set with public keys`] };
  }
}
