/** No alert fires on a quiet day; `QUIET_SERVERS` is the size of the fleet (40 in the full run). */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ALERTS_FOLDER, RULE_FILES } from "../../tools/alerts/rule-files.ts";
import { requireProgram } from "../fixtures/system-program.ts";
import { quietDay } from "./observability/quiet-day.ts";

const SERVERS = Number(process.env["QUIET_SERVERS"] ?? 8);
const DAY_MS = 10 * 60_000;
const FOLDER = mkdtempSync(join(tmpdir(), "tollgate-quiet-"));
const FILES = RULE_FILES.map((name) => join(ALERTS_FOLDER, name));

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function promtool(test: object): { readonly status: number | null; readonly text: string } {
  const file = join(FOLDER, "day.test.yml");
  writeFileSync(file, stringify(test));
  const { status, stdout, stderr } = spawnSync(requireProgram("promtool"), ["test", "rules", file], {
    encoding: "utf8",
  });
  return { status, text: (stdout + stderr).slice(0, 4_000) };
}

describe("a quiet day", () => {
  it(
    `of ${SERVERS} servers raises no alert`,
    () => {
      expect(promtool(quietDay(SERVERS, FILES))).toMatchObject({ status: 0 });
    },
    DAY_MS,
  );

  it(
    "would show an alert",
    () => {
      const loss = {
        series: 'tollgate_audit_dropped_total{job="tollgate",instance="x"}',
        values: "0x600 0+1x840",
      };
      const { status, text } = promtool(quietDay(1, FILES, [loss]));
      expect({ status, text }).toEqual({ status: 1, text: expect.stringContaining("AuditDropped") });
    },
    DAY_MS,
  );
});
