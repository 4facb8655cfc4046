/** The mixin, rendered by jsonnet as mixtool renders it: the boards and the rules that are committed. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readRuleFile, RULE_FILES } from "../../tools/alerts/rule-files.ts";
import { BOARDS, readBoardText } from "../fixtures/boards.ts";
import { goProgram } from "../toolchains/languages.ts";

const MIXIN = join(import.meta.dirname, "../../dashboards/mixin/mixin.libsonnet");
const BUILD_MS = 600_000;

function rendered(field: string): unknown {
  const jsonnet = goProgram(
    join(import.meta.dirname, "observability/jsonnet"),
    "github.com/google/go-jsonnet/cmd/jsonnet",
  );
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  return JSON.parse(execFileSync(jsonnet, ["-e", `(import '${MIXIN}').${field}`], options));
}

it(
  "has every board",
  () => {
    const boards = BOARDS.map(({ name }) => [
      `tollgate-${name}.json`,
      JSON.parse(readBoardText(`${name}.json`)),
    ]);
    expect(rendered("grafanaDashboards")).toEqual(Object.fromEntries(boards));
  },
  BUILD_MS,
);

it.each([
  ["prometheusAlerts", (file: string) => !file.startsWith("recording")],
  ["prometheusRules", (file: string) => file.startsWith("recording")],
] as const)(
  "has every group of rules in %s",
  (field, isIn) => {
    const groups = RULE_FILES.filter(isIn).flatMap((file) => readRuleFile(file).groups);
    expect(rendered(field)).toEqual({ groups: JSON.parse(JSON.stringify(groups)) });
  },
  BUILD_MS,
);
