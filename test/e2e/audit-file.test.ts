/** The audit log as a file that is rotated, and as one that cannot take another byte. */

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, until } from "../fixtures/start-sidecar.ts";
import { startTollgateProcess } from "../fixtures/start-tollgate.ts";

const ROTATIONS = 5;
const CALLERS = 8;

let folder: string;
let log: string;
let policy: string;
let upstream: LoopbackServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-rotation-"));
  log = join(folder, "audit.jsonl");
  policy = join(folder, "policy.json");
  writeFileSync(
    policy,
    JSON.stringify({ version: "1", default: "allow", tools: { wipe: { action: "deny" } } }),
  );
  upstream = await serveOnLoopback((request, response) => {
    request.resume();
    request.on("end", () => sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`));
  });
});
afterEach(() => {
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(url: string, name: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } });
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
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
  it("loses no record and writes none twice, while calls go on", async () => {
    const tollgate = await startTollgateProcess({
      upstream: upstream.url,
      flags: ["--audit", log, "--policy", policy, "--log-level", "error"],
    });
    const state = { isOver: false };
    let sent = 0;
    const caller = async (_: unknown, index: number): Promise<void> => {
      while (!state.isOver) {
        sent += 1;
        // Denials are written at once, the others in batches.
        expect(await call(tollgate.url, (sent + index) % 3 === 0 ? "wipe" : "read")).toBe(200);
      }
    };
    const callers = Array.from({ length: CALLERS }, caller);
    for (let rotation = 1; rotation <= ROTATIONS; rotation += 1) {
      // By line breaks: the last line may be seen while it is being written.
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
    const tollgate = await startTollgateProcess({ upstream: upstream.url, flags: ["--log-level", "error"] });
    tollgate.hangUp();
    expect(await call(tollgate.url, "read")).toBe(200);
    await tollgate.stop();
  });
});

describe("a disk that is full", () => {
  it.skipIf(!existsSync("/dev/full"))("is counted, record by record, and stops no call", async () => {
    symlinkSync("/dev/full", log);
    const sidecar = await startTestSidecar({
      upstream: upstream.url,
      flags: { audit: log },
      policy: readFileSync(policy, "utf8"),
    });
    expect(await sidecar.metric("tollgate_audit_dropped_total")).toBe(0);
    for (const tool of ["read", "wipe", "read"]) expect(await call(sidecar.url, tool)).toBe(200);
    await until(async () => (await sidecar.metric("tollgate_audit_dropped_total")) === 3);
    expect(await sidecar.metric("tollgate_tool_calls_total")).toBe(3);
    await sidecar.stop();
  });
});
