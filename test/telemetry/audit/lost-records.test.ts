/** An audit log that notices its own loss, and says so. */

import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLossReport } from "../../../src/telemetry/audit/audit-loss.ts";
import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import { LineFile } from "../../../src/telemetry/audit/line-file.ts";
import { serve, startSidecar } from "../../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../../fixtures/loopback-server.ts";
import { toolCall } from "../../fixtures/open-loop.ts";
import { postForText } from "../../fixtures/post.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { denied, exampleRequest } from "../examples.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-lost-"));
  path = join(folder, "audit.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lineFile() {
  const seen: { lost: number; errors: unknown[]; fates: string[] } = { lost: 0, errors: [], fates: [] };
  const file = new LineFile({
    target: path,
    onDropped: (lines, error) => {
      seen.lost += lines;
      seen.errors.push(error);
    },
    onReopened: (fate) => seen.fates.push(fate),
  });
  return { file, seen };
}

describe("a log file that is gone", () => {
  it("is made again when it was deleted, with the lines written since", async () => {
    const { file, seen } = lineFile();
    file.append("a\n");
    file.flush();
    unlinkSync(path);
    file.append("b\n");
    file.flush();
    await until(() => existsSync(path));
    file.append("c\n");
    file.close();
    expect(readFileSync(path, "utf8")).toMatch(/b\nc\n$/);
    expect(seen).toMatchObject({ lost: 0, fates: ["deleted"] });
  });

  it("is left where it was moved to, and the new one of its name is written", async () => {
    const { file, seen } = lineFile();
    file.append("a\n");
    file.flush();
    renameSync(path, `${path}.1`);
    writeFileSync(path, "");
    file.append("b\n");
    file.flush();
    await until(() => seen.fates.length > 0);
    file.append("c\n");
    file.close();
    expect(readFileSync(`${path}.1`, "utf8")).toBe("a\nb\n");
    expect(readFileSync(path, "utf8")).toBe("c\n");
    expect(seen).toMatchObject({ lost: 0, fates: ["replaced"] });
  });

  it("is written by its other file when a file was moved over it", async () => {
    const { file, seen } = lineFile();
    file.append("a\n");
    file.flush();
    writeFileSync(join(folder, "other"), "x\n");
    renameSync(join(folder, "other"), path);
    file.append("b\n");
    file.flush();
    await until(() => seen.fates.length > 0);
    file.close();
    expect(readFileSync(path, "utf8")).toMatch(/^x\n(?:a\n)?b\n$/);
  });

  it("counts what was lost when its folder is gone too", async () => {
    const { file, seen } = lineFile();
    file.append("a\n");
    file.flush();
    rmSync(folder, { recursive: true });
    file.append("b\n");
    file.flush();
    await until(() => seen.lost > 0);
    file.close();
    expect(seen.errors[0]).toMatchObject({ code: "ENOENT" });
  });
});

describe("the report of lost records", () => {
  it("is made at once, then once a minute with the number since, and stops when nothing more is lost", () => {
    vi.useFakeTimers();
    const reported: [number, string][] = [];
    const report = createLossReport((records, reason) => reported.push([records, reason]));
    const full = Object.assign(new Error("x"), { code: "ENOSPC" });
    for (let record = 0; record < 5; record += 1) report.lose(1, full);
    expect(reported).toEqual([[1, "the disk is full (ENOSPC)"]]);
    vi.advanceTimersByTime(60_000);
    expect(reported[1]?.[0]).toBe(4);
    vi.advanceTimersByTime(300_000);
    expect(reported).toHaveLength(2);
    report.lose(2, Object.assign(new Error("x"), { code: "EAGAIN" }));
    report.lose(1, new Error("closed"));
    report.flush();
    expect(reported.slice(2)).toEqual([
      [2, "the pipe is full: its reader does not keep up (EAGAIN)"],
      [1, "closed"],
    ]);
    vi.useRealTimers();
  });
});

describe("after a loss", () => {
  it("the log says how many records are missing, as soon as it can be written again", () => {
    const descriptor = openSync(path, "a");
    const audit = openAudit({
      target: descriptor,
      server: "s",
      hmacKey: "k",
      onDropped: () => undefined,
      nowMs: () => 0,
    });
    const record = (): void => audit.observer.requestDecided?.(exampleRequest(), denied());
    record();
    closeSync(descriptor);
    for (let lost = 0; lost < 3; lost += 1) record();
    expect(openSync(path, "a")).toBe(descriptor);
    record();
    audit.close();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2] ?? "")).toMatchObject({ control: { action: "records_lost", count: 3 } });
    closeSync(descriptor);
  });

  it("the sidecar's log has one line, whatever the number of calls", async () => {
    symlinkSync("/dev/full", path);
    const upstream = await serve(() => EMPTY_RESULT);
    const sidecar = await startSidecar({ upstream: upstream.url, flags: { audit: path } });
    for (let call = 0; call < 5; call += 1) await postForText(sidecar.url, toolCall("read", {}));
    await until(async () => (await sidecar.metric("tollgate_audit_dropped_total")) === 5);
  });
});
