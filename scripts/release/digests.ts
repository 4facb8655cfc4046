/** SHA-256 digests of the artefacts of a release. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Artefact {
  /** Name of the file in the folder of the release. */
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** The file with the digests, in the form of `sha256sum --check`. */
export const SUMS = "SHA256SUMS";

/** The files of a folder, by name. */
export function digestFolder(folder: string): readonly Artefact[] {
  return readdirSync(folder)
    .filter((name) => name !== SUMS && statSync(join(folder, name)).isFile())
    .toSorted()
    .map((name) => ({
      name,
      bytes: statSync(join(folder, name)).size,
      sha256: digestFile(join(folder, name)),
    }));
}

export function digestFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

export function writeSums(folder: string): void {
  const lines = digestFolder(folder).map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  writeFileSync(join(folder, SUMS), lines.join(""));
}
