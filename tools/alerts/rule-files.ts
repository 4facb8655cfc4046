/** Reads the rule files of dashboards/alerts for programs and tests. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

export const ALERTS_FOLDER = join(import.meta.dirname, "../../dashboards/alerts");

const recording = z.strictObject({ record: z.string(), expr: z.string() });
const alert = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
});
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      interval: z.string().optional(),
      rules: z.array(z.union([recording, alert])),
    }),
  ),
});

export type RecordingRule = z.infer<typeof recording>;
export type AlertRule = z.infer<typeof alert>;
export type RuleFile = z.infer<typeof ruleFile>;

/** Names of the rule files, sorted. */
export const RULE_FILES: readonly string[] = readdirSync(ALERTS_FOLDER)
  .filter((name) => name.endsWith(".rules.yml"))
  .toSorted();

/** Reads one rule file. @throws when the file has an unknown key */
export function readRuleFile(name: string, folder = ALERTS_FOLDER): RuleFile {
  return ruleFile.parse(parse(readFileSync(join(folder, name), "utf8")));
}

export function readAlerts(): readonly AlertRule[] {
  return allRules().filter((rule) => "alert" in rule);
}

export function readRecordings(): readonly RecordingRule[] {
  return allRules().filter((rule) => "record" in rule);
}

/** Names of promtool's test files. */
export function listTestFiles(): readonly string[] {
  return readdirSync(join(ALERTS_FOLDER, "tests")).filter((name) => name.endsWith(".test.yml"));
}

function allRules(): readonly (AlertRule | RecordingRule)[] {
  return RULE_FILES.flatMap((name) => readRuleFile(name).groups.flatMap(({ rules }) => rules));
}
