/** The file of API keys: a YAML or JSON list of names, each with the sha256 digest of a key that only its owner has. */

import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { parseDocument } from "yaml";
import type { FileReading } from "./watched-file.ts";

export interface ApiKey {
  /** The agent that whoever has the key is. */
  readonly name: string;
  /** sha256 of the key. */
  readonly digest: Buffer;
}

const MAX_KEYS = 1_000;
const KEY_BYTES = 32;

const FILE_SHAPE = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[\p{L}\p{N} ._/@:-]{1,100}$/u, "must be 1 to 100 letters, digits, spaces or ._/@:-")
        .refine((name) => name !== "anonymous", "must not be anonymous: that is who shows no proof"),
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits"),
    }),
  )
  .max(MAX_KEYS, `must have at most ${MAX_KEYS} keys`);

/** The keys of a file's bytes, or every problem with its place; an empty list is a file whose keys were all taken back. */
export function parseKeyFile(path: string, bytes: Buffer): FileReading<readonly ApiKey[]> {
  const document = parseDocument(bytes.toString("utf8"), { uniqueKeys: true, prettyErrors: false });
  // Security: the parser's message may show the line, and a line may hold a key by mistake.
  if (document.errors.length > 0) return { ok: false, problems: [`${path}: is not YAML`] };
  const parsed = FILE_SHAPE.safeParse(document.toJS() ?? undefined);
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map((issue) => describe(path, issue)) };
  const names = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, { name, digest }] of parsed.data.entries()) {
    const other = names.get(digest);
    if (other !== undefined && other !== name)
      problems.push(`${path}: [${index}].digest: is the key of \`${other}\` too; make one for each name`);
    names.set(digest, name);
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: parsed.data.map(({ name, digest }) => ({ name, digest: Buffer.from(digest.slice(7), "hex") })),
  };
}

function describe(path: string, issue: z.core.$ZodIssue): string {
  const [index, name] = issue.path;
  const where =
    index === undefined ? "" : ` [${String(index)}]${name === undefined ? "" : `.${String(name)}`}:`;
  if (index === undefined && issue.code === "invalid_type")
    return `${path}: must be a list of { name, digest }; tollgate keys create NAME prints one`;
  return `${path}:${where} ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}

/** A new key of 256 random bits, and the line of the file that admits it. */
export function createKey(name: string): { readonly key: string; readonly line: string } {
  const key = `tgk_${randomBytes(KEY_BYTES).toString("base64url")}`;
  const digest = createHash("sha256").update(key).digest("hex");
  return { key, line: `- { name: ${JSON.stringify(name)}, digest: "sha256:${digest}" }` };
}
