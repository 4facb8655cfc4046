/** The output of freeze, unfreeze, keys create and audit verify with `--format json` fits its published schema. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { runAudit } from "../../src/commands/audit.ts";
import type { CommandIo } from "../../src/commands/cli/command.ts";
import { runFreeze } from "../../src/commands/control/freeze.ts";
import { runKeys } from "../../src/commands/keys.ts";
import { parseKeyFile } from "../../src/config/files/key-file.ts";
import { openAudit } from "../../src/telemetry/audit/audit.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { expectJsonOutput } from "../fixtures/json-output.ts";
import { serve, startSidecar, temporaryFolder } from "../fixtures/lifetime.ts";
import { denied, exampleRequest } from "../telemetry/examples.ts";

const JSON_FLAGS = ["--format", "json"];
const BAD_FORMAT = ["--format", "xml"];
const AUDIT = "docs/examples/audit.jsonl";

describe("the JSON output", () => {
  it("of tollgate freeze and unfreeze fits their schemas", async () => {
    const { url } = await serve();
    const sidecar = await startSidecar({ upstream: url });
    const environment = { TOLLGATE_ADMIN: sidecar.adminUrl };
    const output = async (action: "freeze" | "unfreeze", ...argv: readonly string[]): Promise<unknown> => {
      const { stdout } = await captureIo((io) =>
        runFreeze(action, [...argv, "--by", "ada", ...JSON_FLAGS], { ...io, environment }),
      );
      expectJsonOutput(action, stdout);
      return JSON.parse(stdout);
    };
    const agent = ["--agent", "nightly"];
    expect(await output("freeze", "--reason", "all")).toMatchObject({ agent: null, tool: null, until: null });
    expect(await output("freeze", ...agent, "--unseen", "--minutes", "5")).toMatchObject({
      agent: "nightly",
      until: expect.any(String),
    });
    expect(await output("unfreeze", ...agent)).toMatchObject({ still_frozen: [{ agent: null, by: "ada" }] });
  });

  it("of tollgate keys create fits its schema, and admits the key", async () => {
    const { stdout } = await captureIo((io) => runKeys(["create", "release bot", ...JSON_FLAGS], io));
    expectJsonOutput("keys create", stdout);
    const { key, line } = JSON.parse(stdout);
    const read = parseKeyFile("keys.yaml", Buffer.from(line));
    const digest = createHash("sha256").update(key).digest();
    expect(read).toEqual({ ok: true, value: [{ name: "release bot", digest }] });
  });

  it.each<[string, (lines: string[]) => readonly string[], number, object]>([
    ["holds", (all) => all, 0, { holds: true, records: 3, first: 1, last: 3, problems: [] }],
    ["does not hold", (all) => all.toSpliced(1, 1), 1, { holds: false, records: 2, lost: 0 }],
    ["is torn", () => ["x"], 1, { holds: false, records: 0, first: null, last_digest: null }],
  ])("of tollgate audit verify fits its schema where the chain %s", async (_state, change, code, report) => {
    const log = join(temporaryFolder(), "audit.jsonl");
    const audit = openAudit({ target: log, server: "s", isChained: true, onDropped: () => undefined });
    for (let record = 0; record < 3; record += 1) audit.observer.requestDecided?.(exampleRequest(), denied());
    await audit.close();
    writeFileSync(log, `${change(readFileSync(log, "utf8").trimEnd().split("\n")).join("\n")}\n`);
    const run = await captureIo((io) =>
      runAudit(["verify", "--audit", log, ...JSON_FLAGS], { ...io, stdin: Readable.from([]), env: {} }),
    );
    expect(run.code).toBe(code);
    expectJsonOutput("audit verify", run.stdout);
    expect(JSON.parse(run.stdout)).toMatchObject(report);
  });

  it.each([
    ["tollgate freeze", (io: CommandIo) => runFreeze("freeze", BAD_FORMAT, { ...io, environment: {} })],
    ["tollgate keys", (io: CommandIo) => runKeys(["create", "a", ...BAD_FORMAT], io)],
    [
      "tollgate audit verify",
      (io: CommandIo) =>
        runAudit(["verify", "--audit", AUDIT, ...BAD_FORMAT], { ...io, stdin: Readable.from([]), env: {} }),
    ],
  ])("of another format is refused by %s", async (command, work) => {
    const { code, stdout, stderr } = await captureIo(work);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toContain(`${command}: --format: must be text or json, got "xml"`);
  });
});
