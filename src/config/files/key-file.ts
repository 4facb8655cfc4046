/** Files of keys: the sha256 digests of API keys, and the public keys that tokens are checked with. */

import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { nameFault } from "../../policy/agent-name.ts";
import { checkShape, type ShapeProblem } from "../check-shape.ts";
import { parseYaml } from "../parse-yaml.ts";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

export interface ApiKey {
  /** The agent that a caller with this key is. */
  readonly name: string;
  /** sha256 of the key. */
  readonly digest: Buffer;
}

const MAX_KEYS = 1_000;
const KEY_BYTES = 32;

const API_KEYS = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[\p{L}\p{N} ._/@:-]{1,100}$/u, {
          error: "must be 1 to 100 letters, digits, spaces or ._/@:-",
          abort: true,
        })
        .refine(
          (name) => name !== "anonymous",
          "must not be anonymous: that is the agent of callers without a credential",
        )
        .refine((name) => name === "anonymous" || nameFault(name) === undefined, {
          error: ({ input }) => `${nameFault(String(input)) ?? ""}; choose another name`,
        }),
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits"),
    }),
  )
  .max(MAX_KEYS, `must have at most ${MAX_KEYS} keys`);

/** The API keys of a YAML or JSON list, or every problem with its place; an empty list revokes all keys. */
export function parseKeyFile(path: string, bytes: Buffer): FileReading<readonly ApiKey[]> {
  const yaml = parseYaml(bytes.toString("utf8"));
  // Security: the parser's message may show the line, and a line may hold a key by mistake.
  if (yaml.document.errors.length > 0) return { ok: false, problems: [`${path}: is not YAML`] };
  const checked = checkShape(API_KEYS, yaml.document.toJS() ?? undefined);
  if (!checked.ok)
    return { ok: false, problems: checked.problems.map((problem) => keyProblem(path, problem)) };
  const problems = sharedDigests(checked.value).map((problem) => `${path}: ${problem}`);
  if (problems.length > 0) return { ok: false, problems };
  const keys = checked.value.map(({ name, digest }) => ({
    name,
    digest: Buffer.from(digest.slice(7), "hex"),
  }));
  return { ok: true, value: keys };
}

function keyProblem(file: string, { path, message, unknownKeys, isOtherType }: ShapeProblem): string {
  const [index, ...names] = path;
  if (index === undefined && isOtherType)
    return `${file}: must be a list of { name, digest }; tollgate keys create NAME prints one`;
  const where = index === undefined ? file : `${file}: ${[`[${index}]`, ...names].join(".")}`;
  return `${where}: ${message}${unknownKeys === undefined || message.includes(KNOWN) ? "" : KNOWN}`;
}

function sharedDigests(keys: z.infer<typeof API_KEYS>): readonly string[] {
  const names = new Map<string, string>();
  return keys.flatMap(({ name, digest }, index) => {
    const other = names.get(digest);
    names.set(digest, name);
    if (other === undefined || other === name) return [];
    return [`[${index}].digest: is the key of \`${other}\` too; make one for each name`];
  });
}

/** A new key of 256 random bits, and the line of the file that admits it. */
export function createKey(name: string): { readonly key: string; readonly line: string } {
  const key = `tgk_${randomBytes(KEY_BYTES).toString("base64url")}`;
  const digest = createHash("sha256").update(key).digest("hex");
  return { key, line: `- { name: ${JSON.stringify(name)}, digest: "sha256:${digest}" }` };
}

const PUBLIC_KEY = z.looseObject({ kty: z.enum(["RSA", "EC", "OKP"]) });
const KEY_SET = z.looseObject({ keys: z.array(PUBLIC_KEY).min(1).max(100) });

/** A JSON Web Key Set (RFC 7517, section 5). */
export interface JwksFile {
  readonly keys: z.infer<typeof PUBLIC_KEY>[];
}

export function openJwksFile(path: string): OpenedFile<JwksFile> {
  return openWatchedFile({ paths: [path], parse: (bytes) => parseJwks(path, bytes ?? Buffer.alloc(0)) });
}

function parseJwks(path: string, bytes: Buffer): FileReading<JwksFile> {
  try {
    const { keys } = KEY_SET.parse(JSON.parse(bytes.toString("utf8")));
    return { ok: true, value: { keys } };
  } catch {
    return {
      ok: false,
      problems: [`${path}: must be a JSON Web Key Set with public keys: { "keys": [...] } of RSA, EC or OKP`],
    };
  }
}

/** Stands after a near name too. */
const KNOWN = "; known are name and digest";
