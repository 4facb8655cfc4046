/** The flags of `npm run release`. */

import { parseArgs } from "node:util";

export interface ReleaseFlags {
  /** Whether the repository keeps its version, changelog, branch and tags. */
  readonly isDryRun: boolean;
  /** Absent: derived from version and changelog. */
  readonly version?: string;
  /** Folder of the artefacts. */
  readonly out: string;
  /** The branch that releases are made from. */
  readonly branch: string;
  readonly platforms: readonly Platform[];
  /** A program that reads the provenance statement on stdin and writes its signature to stdout. */
  readonly signer?: string;
}

export const PLATFORMS = ["linux-x64", "linux-arm64"] as const;
export type Platform = (typeof PLATFORMS)[number];

export const RELEASE_HELP = `npm run release -- [--dry-run] [flags]: builds everything that a release publishes, into one folder

  --dry-run            leave the repository as it is: no commit, no tag
  --version X.Y.Z      the version to release (derived from package.json and CHANGELOG.md)
  --out FOLDER         where the artefacts go (release)
  --branch NAME        the branch that is released (main)
  --platforms LIST     the executables: linux-x64,linux-arm64
  --signer PROGRAM     signs the provenance statement: reads it on stdin, writes the signature to stdout
  --help               this text
`;

/** Returns the flags, undefined when help is asked for, or the problems. */
export function parseReleaseFlags(argv: readonly string[]): ReleaseFlags | undefined | readonly string[] {
  let values;
  try {
    ({ values } = parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: false }));
  } catch (error) {
    return [error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error)];
  }
  if (values.help) return undefined;
  const named = values.platforms.split(",");
  const platforms = PLATFORMS.filter((platform) => named.includes(platform));
  const unknown = named.filter((name) => !PLATFORMS.some((platform) => platform === name));
  const problems = unknown.map((name) => `--platforms: must be of ${PLATFORMS.join(", ")}, got "${name}"`);
  if (values.version !== undefined && !/^\d+\.\d+\.\d+$/.test(values.version))
    problems.push(`--version: must be three numbers such as 1.2.3, got "${values.version}"`);
  if (problems.length > 0) return problems;
  const { "dry-run": isDryRun, version, out, branch, signer } = values;
  return {
    isDryRun,
    out,
    branch,
    platforms,
    ...(version === undefined ? {} : { version }),
    ...(signer === undefined ? {} : { signer }),
  };
}

const FLAGS = {
  "dry-run": { type: "boolean", default: false },
  version: { type: "string" },
  out: { type: "string", default: "release" },
  branch: { type: "string", default: "main" },
  platforms: { type: "string", default: PLATFORMS.join(",") },
  signer: { type: "string" },
  help: { type: "boolean", default: false },
} as const;
