/** `tollgate audit verify` on logs that real sidecars wrote, and that were tampered with. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runAudit } from "../../../src/commands/audit.ts";
import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import { captureIo } from "../../fixtures/capture-io.ts";
import { denied, exampleRequest } from "../../telemetry/examples.ts";

let folder: string;
let log: string;
let lines: readonly string[];

/** Writes so many records, as one run of a sidecar. */
function write(target: string, records: number): void {
  const audit = openAudit({ target, server: "s", isChained: true, onDropped: () => undefined });
  for (let record = 0; record < records; record += 1)
    audit.observer.requestDecided?.(exampleRequest({ id: `id-${record}` }), denied());
  audit.close();
}

function verify(...argv: string[]) {
  return captureIo((io) => runAudit(["verify", ...argv], { ...io, stdin: Readable.from([]), env: {} }));
}

function tampered(change: (lines: string[]) => readonly string[]) {
  const file = join(folder, "tampered.jsonl");
  writeFileSync(file, `${change([...lines]).join("\n")}\n`);
  return verify("--audit", file, "--key", `${log}.key`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-verify-"));
  log = join(folder, "audit.jsonl");
  write(log, 3);
  write(log, 3);
  lines = readFileSync(log, "utf8").trimEnd().split("\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("tollgate audit verify", () => {
  it("confirms a log that is whole, over a restart", async () => {
    const { code, stdout } = await verify("--audit", log);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^the chain holds: 6 records, numbers 1 to 6, last digest [0-9a-f]{64}\n$/);
  });

  it("reads rotated logs as one, gzipped or not", async () => {
    const [old, current] = [join(folder, "old.gz"), join(folder, "current")];
    writeFileSync(old, gzipSync(`${lines.slice(0, 2).join("\n")}\n`));
    writeFileSync(current, `${lines.slice(2).join("\n")}\n`);
    expect(await verify("--key", `${log}.key`, old, current)).toMatchObject({ code: 0 });
    expect(await verify("--key", `${log}.key`, current, old)).toMatchObject({ code: 1 });
  });

  it.each<[string, (lines: string[]) => readonly string[], string]>([
    [
      "a value was changed",
      ([one = "", ...rest]) => [one.replace('"deny"', '"allow"'), ...rest],
      ":1: record 1 was changed",
    ],
    ["a record was left out", (all) => all.toSpliced(2, 1), ":3: records 3 to 3 are missing before it"],
    ["several were left out", (all) => all.toSpliced(1, 3), ":2: records 2 to 4 are missing"],
    [
      "two were exchanged",
      ([one = "", two = "", ...rest]) => [two, one, ...rest],
      ":2: record 1 stands after record 2",
    ],
    ["one was doubled", (all) => [...all, all.at(-1) ?? ""], ":7: record 6 stands after record 6"],
    [
      "one was added",
      (all) => [...all, '{"time":"2026-01-01T00:00:00.000Z","effect":"allow"}'],
      ":7: a record without a link",
    ],
    [
      "a link was taken off",
      (all) => all.with(3, (all[3] ?? "").replace(/,"chain".*$/, "}")),
      ":4: a record without a link",
    ],
    ["a line is no record", (all) => all.toSpliced(1, 0, "{"), ":2: is no record"],
    [
      "a record of the same number was put in its place",
      (all) => all.with(3, (all[3] ?? "").replace(/"hash":"../, '"hash":"ff')),
      ":5: record 5 does not follow the one before it",
    ],
  ])("exits with 1 when %s", async (_what, change, problem) => {
    const { code, stderr } = await tampered(change);
    expect(stderr).toContain(problem);
    expect(code).toBe(1);
  });

  it("takes records from before the chain as they are", async () => {
    expect(await tampered((all) => ['{"time":"2026-01-01T00:00:00.000Z"}', ...all])).toMatchObject({
      code: 0,
    });
  });

  it("excuses a gap that a later record names, and no larger one", async () => {
    const target = join(folder, "full.jsonl");
    write(target, 2);
    const key = Buffer.from(readFileSync(`${target}.key`, "utf8").trim(), "hex");
    const audit = openAudit({
      target,
      server: "s",
      isChained: true,
      hmacKey: key,
      onDropped: () => undefined,
    });
    audit.observer.requestDecided?.(exampleRequest(), denied());
    audit.observer.controlled?.({ atMs: 0, action: "records_lost", by: "tollgate", count: 1 });
    audit.close();
    const all = readFileSync(target, "utf8").trimEnd().split("\n");
    writeFileSync(target, `${all.toSpliced(1, 1).join("\n")}\n`);
    expect(await verify(target)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("1 could not be written"),
    });
    writeFileSync(target, `${all.toSpliced(1, 2).join("\n")}\n`);
    expect(await verify(target)).toMatchObject({ code: 1 });
  });

  it("needs the log's own key", async () => {
    const other = join(folder, "other.key");
    writeFileSync(other, "00".repeat(32));
    expect((await verify("--audit", log, "--key", other)).code).toBe(1);
    expect((await verify("--audit", log, "--key", join(folder, "none"))).stderr).toContain("--key");
  });

  it.each([
    [[], "--audit: is required", 64],
    [["--loud"], "unknown option", 64],
    [["/nowhere/log", "--key", "KEY"], "ENOENT", 1],
  ])("refuses %j", async (argv, problem, code) => {
    const result = await verify(...argv.map((word) => (word === "KEY" ? `${log}.key` : word)));
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(problem)]);
  });

  it("says that a log has no chain", async () => {
    const plain = join(folder, "plain");
    writeFileSync(plain, '{"time":"2026-01-01T00:00:00.000Z"}\n');
    expect((await verify(plain, "--key", `${log}.key`)).stderr).toContain("no record has a chain");
  });
});
