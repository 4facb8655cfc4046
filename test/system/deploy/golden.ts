/** Golden files of the chart: the output of `helm template` for some values, kept in the repository. `node test/system/deploy/golden.ts` writes them. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import { helm } from "./tools.ts";

const CHART = join(import.meta.dirname, "../../../deploy/helm/tollgate");
const FOLDER = join(import.meta.dirname, "golden");

/** The names of values in golden/NAME.values.yaml, whose output is golden/NAME.golden. */
export const GOLDEN = ["http", "stdio", "platform"] as const;

/** The output of Helm now. The comments that name the source of each object stay. @throws when Helm fails */
export function renderGolden(name: string): string {
  const values = join(FOLDER, `${name}.values.yaml`);
  const args = ["template", "orders", CHART, "--namespace", "shop", "--kube-version", "1.33.0"];
  const { status, stdout, stderr } = spawnSync(helm(), [...args, "--values", values], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.replaceAll(manifest.version, "VERSION");
}

export function readGolden(name: string): string {
  return readFileSync(join(FOLDER, `${name}.golden`), "utf8");
}

if (import.meta.main)
  for (const name of GOLDEN) writeFileSync(join(FOLDER, `${name}.golden`), renderGolden(name));
