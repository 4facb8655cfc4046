/** The audit log as a file that is rotated, and on a full disk. */

import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { serve, startSidecar, startTollgate, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import type { LoopbackServer } from "../fixtures/loopback-server.ts";
import { post } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";

const ROTATIONS = 5;
const CALLERS = 8;
const POLICY = { version: "1", default: "allow", tools: { wipe: { action: "deny" } } };

let folder: string;
let log: string;
let upstream: LoopbackServer;

beforeEach(async () => {
  folder = temporaryFolder();
  log = join(folder, "audit.jsonl");
  upstream = await serve();
});

async function call(url: string, name: string): Promise<number> {
  const response = await post(url, { method: "tools/call", params: { name } });
  await response.text();
  return response.status;
}

function idsIn(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line): string => JSON.parse(line).id);
}

function logs(): string[] {
  return readdirSync(folder)
    .filter((name) => /^audit\.jsonl(?:\.\d+)?$/.test(name))
    .map((name) => join(folder, name));
}

describe("SIGHUP after the file was renamed", () => {
  it("loses no record and writes none twice during calls", async () => {
    const tollgate = await startTollgate({
      upstream: upstream.url,
      flags: ["--audit", log, "--policy", temporaryFile("policy.json", POLICY), "--log-level", "error"],
    });
    const state = { isOver: false };
    let sent = 0;
    const caller = async (_: unknown, index: number): Promise<void> => {
      while (!state.isOver) {
        sent += 1;
        // Denials are written at once, other records in batches.
        expect(await call(tollgate.url, (sent + index) % 3 === 0 ? "wipe" : "read")).toBe(200);
      }
    };
    const callers = Array.from({ length: CALLERS }, caller);
    for (let rotation = 1; rotation <= ROTATIONS; rotation += 1) {
      // Count line breaks: the last line may be incomplete.
      await until(() => readFileSync(log, "utf8").split("\n").length > 20);
      renameSync(log, `${log}.${rotation}`);
      tollgate.hangUp();
      await until(() => existsSync(log));
    }
    state.isOver = true;
    await Promise.all(callers);
    await tollgate.stop();
    const ids = logs().flatMap(idsIn);
    expect(logs()).toHaveLength(ROTATIONS + 1);
    expect(ids).toHaveLength(sent);
    expect(new Set(ids).size).toBe(sent);
  });

  it("does not end the sidecar when there is no audit log", async () => {
    const tollgate = await startTollgate({ upstream: upstream.url, flags: ["--log-level", "error"] });
    tollgate.hangUp();
    expect(await call(tollgate.url, "read")).toBe(200);
  });
});

describe("a full disk", () => {
  it.skipIf(!existsSync("/dev/full"))("is counted record by record and fails no call", async () => {
    symlinkSync("/dev/full", log);
    const sidecar = await startSidecar({ upstream: upstream.url, flags: { audit: log }, policy: POLICY });
    expect(await sidecar.metric("tollgate_audit_dropped_total")).toBe(0);
    for (const tool of ["read", "wipe", "read"]) expect(await call(sidecar.url, tool)).toBe(200);
    await until(async () => (await sidecar.metric("tollgate_audit_dropped_total")) === 3);
    expect(await sidecar.metric("tollgate_tool_calls_total")).toBe(3);
  });
});
