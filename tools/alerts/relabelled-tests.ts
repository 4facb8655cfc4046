/** The tests of promtool once more, with another label in the place of `namespace`: what holds for two namespaces must hold for two clusters. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ALERTS_FOLDER, listTestFiles } from "./rule-files.ts";

/** Names of the tests that tell namespaces apart and no clusters. */
export function listNamespaceTests(): readonly string[] {
  return listTestFiles().filter((name) => {
    const text = readTest(name);
    return text.includes("namespace=") && !text.includes("cluster=");
  });
}

/** Writes such a test into the folder `tests` of `folder`, with `label` for `namespace`; returns its file name. */
export function writeRelabelledTest(folder: string, name: string, label: string): string {
  const relabelled = `${name.split(".")[0]}.by-${label}.${name.split(".").slice(1).join(".")}`;
  writeFileSync(
    join(folder, "tests", relabelled),
    readTest(name)
      .replaceAll(/\bnamespace\b(?=[=:])|(?<=var-)namespace\b/g, label)
      .replaceAll(/(?<=, )namespace (?=\w)/g, `${label.replaceAll("_", " ")} `),
  );
  return relabelled;
}

function readTest(name: string): string {
  return readFileSync(join(ALERTS_FOLDER, "tests", name), "utf8");
}
