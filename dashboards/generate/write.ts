/**
 * Writes the boards and the alert rules: `npm run dashboards`.
 * `--group-by LABELS` replaces the grouping label `cluster`, `--out FOLDER` writes there instead of `dashboards`.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ruleFiles } from "./alert-rules.ts";
import { parseGrouping, setGrouping } from "./place.ts";

const OWN_FOLDER = resolve(import.meta.dirname, "..");
const IMPORT_FOLDER = resolve(OWN_FOLDER, "../deploy/grafana-import");

async function writeAll(folder: string): Promise<void> {
  // Invariant: boards read the grouping while their modules load.
  const { boardFiles, importFiles } = await import("./boards.ts");
  const alerts = join(folder, "alerts");
  const imports = folder === OWN_FOLDER ? IMPORT_FOLDER : join(folder, "import");
  for (const each of [alerts, imports]) mkdirSync(each, { recursive: true });
  for (const [file, text] of boardFiles()) writeFileSync(join(folder, file), text);
  for (const [file, text] of importFiles()) writeFileSync(join(imports, file), text);
  for (const [file, text] of ruleFiles()) writeFileSync(join(alerts, file), text);
  // The tool lists the rule files while it loads.
  const { renderManifest } = await import("../../tools/alerts/write.ts");
  writeFileSync(join(alerts, "prometheusrule.yaml"), renderManifest(undefined, alerts));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { "group-by": { type: "string" }, out: { type: "string" } } });
  try {
    if (values["group-by"] !== undefined) setGrouping(parseGrouping(values["group-by"]));
    await writeAll(resolve(values.out ?? OWN_FOLDER));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    process.exitCode = 64;
  }
}
