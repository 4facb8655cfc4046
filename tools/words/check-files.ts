/** Holds the findings of a tree against the lists of files that are not clean yet. A list only shrinks. */

import { findWords } from "./find-words.ts";
import { FIXED_BY_CONTRACT } from "./patterns.ts";

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The faults, one a line; empty when the files that are not listed are clean, and those that are listed are not. */
export function checkFiles(files: readonly SourceFile[], listed: ReadonlySet<string>): readonly string[] {
  const paths = new Set(files.map(({ path }) => path));
  const missing = [...listed].filter((path) => !paths.has(path));
  return [
    ...files.flatMap((file) => faultsOf(file, listed.has(file.path))),
    ...missing.map(
      (path) => `${path}: there is no such file: take it off the list with node tools/words/lint.ts --write`,
    ),
  ];
}

/** One line for each finding, in the form `file:line: what was found: what to write instead`. */
export function describeFindings({ path, text }: SourceFile): readonly string[] {
  return findWords(path, text)
    .filter(({ found }) => !FIXED_BY_CONTRACT.has(`${path}: ${found}`))
    .map(
      ({ line, pattern, found }) =>
        `${path}:${line}: "${found}" (${pattern.name}): say instead: ${pattern.instead}`,
    );
}

function faultsOf(file: SourceFile, isListed: boolean): readonly string[] {
  const findings = describeFindings(file);
  if (!isListed) return findings;
  return findings.length === 0
    ? [`${file.path}: is clean: take it off the list with node tools/words/lint.ts --write`]
    : [];
}
