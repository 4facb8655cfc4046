/** Names with format characters, from the request to each place where a person reads them. */

import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { runAudit } from "../../src/commands/audit.ts";
import { runApprovals } from "../../src/commands/control/approvals.ts";
import { createLog } from "../../src/telemetry/logging/log.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";

const TOOL = "drop\u202etxt\u200b";
const KEY = "ta\u00adble\u2066";
/** Any such character as it is. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

describe("names with bidi overrides and invisible characters", () => {
  it("are escaped where a person approves, in the audit log, its queries and the labels", async () => {
    const upstream = await serve(() => EMPTY_RESULT);
    const audit = join(tmpdir(), `tollgate-names-${process.pid}.jsonl`);
    const policy = { version: "1", default: "allow", tools: { [TOOL]: { action: "approve" } } };
    const sidecar = await startSidecar({ upstream: upstream.url, policy, flags: { audit } });
    await postForText(sidecar.url, toolCall(TOOL, { [KEY]: 1 }));
    const environment = { TOLLGATE_ADMIN: sidecar.adminUrl };
    const list = (...argv: string[]) =>
      captureIo((io) => runApprovals(["list", ...argv], { ...io, environment }));
    const query = (...argv: string[]) =>
      captureIo((io) =>
        runAudit(["query", "--audit", audit, ...argv], { ...io, stdin: Readable.from([]), env: {} }),
      );
    const shown = [
      (await list()).stdout,
      (await list("--format", "json")).stdout,
      (await query()).stdout,
      (await query("--by", "tool")).stdout,
      (await query("--format", "json")).stdout,
      readFileSync(audit, "utf8"),
    ];
    for (const text of shown) {
      expect(text).toContain("drop\\u202etxt\\u200b");
      expect(text).not.toMatch(UNSEEN);
    }
    expect(await sidecar.metrics()).toContain('tool="drop%u202Etxt%u200B"');
    for (const file of [audit, `${audit}.key`]) rmSync(file);
  });

  it.each(["json", "pretty"] as const)("are escaped in the log (%s)", (format) => {
    const lines: string[] = [];
    const log = createLog({
      level: "info",
      format,
      destination: { write: (line: string) => void lines.push(line) },
    });
    log.info({ tool: TOOL, err: new Error(TOOL) }, "call denied");
    expect(lines.join("")).toContain("drop\\u202etxt");
    expect(lines.join("")).not.toMatch(UNSEEN);
  });
});
