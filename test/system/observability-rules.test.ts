/** The alert rules by promtool: they load, their tests pass, and the tests notice faults. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { listNamespaceTests, writeRelabelledTest } from "../../tools/alerts/relabelled-tests.ts";
import { mutateAlerts } from "../../tools/alerts/mutate.ts";
import {
  ALERTS_FOLDER,
  readAlerts,
  readRecordings,
  RULE_FILES,
  listTestFiles,
} from "../../tools/alerts/rule-files.ts";
import { listRunbooks, readRunbook } from "../../tools/alerts/runbook.ts";
import { MANIFEST_FILE } from "../../tools/alerts/write.ts";
import { requireProgram } from "../fixtures/system-program.ts";

/** One in eleven mutants, always the same ones; `npm run test:alert-mutants` runs them all. */
const SHARE = 11;
const WRITE = join(import.meta.dirname, "../../dashboards/generate/write.ts");
const MUTATION_MS = 15 * 60_000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-rules-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function promtool(...words: readonly string[]): string {
  return execFileSync(requireProgram("promtool"), words, { encoding: "utf8" });
}

/** How many rules promtool finds in a file made of these groups. */
function checkGroups(name: string, groups: unknown): number {
  const file = join(folder, name);
  writeFileSync(file, stringify({ groups }));
  return Number(/(\d+) rules found/.exec(promtool("check", "rules", file))?.[1]);
}

describe("the alert rules, by promtool", () => {
  it("load", () => {
    const files = RULE_FILES.map((name) => join(ALERTS_FOLDER, name));
    expect(promtool("check", "rules", ...files).match(/SUCCESS/g)).toHaveLength(RULE_FILES.length);
  });

  it("are as many in the PrometheusRule", () => {
    const manifest = z
      .object({ spec: z.object({ groups: z.array(z.unknown()) }) })
      .parse(parse(readFileSync(MANIFEST_FILE, "utf8")));
    const rules = readAlerts().length + readRecordings().length;
    expect(checkGroups("manifest.yml", manifest.spec.groups)).toBe(rules);
  });

  it("have runbooks whose queries it can read", () => {
    const queries = listRunbooks().flatMap((name) => readRunbook(name).queries);
    const rules = queries.map((expr, index) => ({ record: `runbook:query:${index}`, expr }));
    expect(checkGroups("runbooks.yml", [{ name: "runbooks", rules }])).toBe(queries.length);
  });

  it.each(listTestFiles())("behave as %s says", (name) => {
    expect(promtool("test", "rules", join(ALERTS_FOLDER, "tests", name))).toContain("SUCCESS");
  });

  it.each(listNamespaceTests())("treat two clusters as %s treats two namespaces", (name) => {
    const copy = join(folder, "by-cluster");
    cpSync(ALERTS_FOLDER, copy, { recursive: true });
    const relabelled = writeRelabelledTest(copy, name, "cluster");
    expect(promtool("test", "rules", join(copy, "tests", relabelled))).toContain("SUCCESS");
  });

  it.each(["k8s_cluster", "region"])("group by %s when it is generated so", (label) => {
    const copy = join(folder, `by-${label}`);
    cpSync(ALERTS_FOLDER, copy, { recursive: true });
    execFileSync(process.execPath, [
      WRITE,
      "--group-by",
      "k8s_cluster,region",
      "--out",
      join(copy, "..", label),
    ]);
    cpSync(join(copy, "..", label, "alerts"), copy, { recursive: true });
    const tests = listNamespaceTests().map((name) => writeRelabelledTest(copy, name, label));
    const files = tests.map((name) => join(copy, "tests", name));
    expect(promtool("test", "rules", ...files).match(/SUCCESS/g)).toHaveLength(files.length);
  });

  it(
    "have tests that notice a fault",
    async () => {
      let number = 0;
      const result = await mutateAlerts(() => number++ % SHARE === 0);
      const tests = listTestFiles().map((name) => readFileSync(join(ALERTS_FOLDER, "tests", name), "utf8"));
      const cases = tests.join("\n").match(/eval_time:/g)?.length;
      console.log(
        `alerts: ${new Set(readAlerts().map(({ alert }) => alert)).size}, recording rules: ${readRecordings().length}, ` +
          `checks by promtool: ${cases}, mutants: ${result.mutants}, caught: ${result.caught}`,
      );
      expect(result.survivors).toEqual([]);
      expect(result.mutants).toBeGreaterThanOrEqual(60);
      expect(result.caught).toBe(result.mutants);
    },
    MUTATION_MS,
  );
});
