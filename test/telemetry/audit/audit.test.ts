/** The audit log: what a line says, and that none is lost unseen. */

import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  existsSync,
  closeSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isoTime } from "../../../src/telemetry/audit/audit-record.ts";
import { openAudit, type Audit, type AuditOptions } from "../../../src/telemetry/audit/audit.ts";
import {
  misfit,
  ALLOWED,
  DENIED,
  denied,
  exampleList,
  exampleRequest,
  exampleTool,
  observe,
  SUCCESS,
} from "../examples.ts";

let folder: string;
let path: string;
let dropped: number;
const opened: Audit[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-audit-"));
  path = join(folder, "audit.jsonl");
  dropped = 0;
});
afterEach(() => {
  for (const audit of opened.splice(0)) audit.close();
  rmSync(folder, { recursive: true });
});

function open(options: Partial<AuditOptions> = {}): Audit {
  const audit = openAudit({
    target: path,
    server: "prometheus",
    hmacKey: "key",
    onDropped: (records) => (dropped += records),
    ...options,
  });
  opened.push(audit);
  return audit;
}

function linesOf(file = path): readonly Record<string, unknown>[] {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe("a line", () => {
  it("names caller, request, decision and outcome", () => {
    const audit = open({ traceIdOf: () => "0af7651916cd43dd8448eb211c80319c" });
    const text = '{"query":"up"}';
    const request = exampleRequest({
      client: { name: "inspector", version: "1.0" },
      session: "s-1",
      args: { bytes: text.length, keys: ["query"], text },
    });
    observe(audit.observer, request, { ...ALLOWED, approval: "ap-1" });
    audit.flush();
    expect(linesOf()).toEqual([
      {
        time: "2026-07-01T12:00:00.000Z",
        id: request.id,
        server: "prometheus",
        agent: { name: "planner", source: "jwt", verified: true },
        client: { name: "inspector", version: "1.0" },
        session: "s-1",
        method: "tools/call",
        tool: "ExecuteQuery",
        category: "execute",
        effect: "allow",
        policy: { digest: "sha256:abc" },
        args: {
          bytes: text.length,
          keys: ["query"],
          hmac: createHmac("sha256", "key").update(text).digest("hex"),
        },
        approval: "ap-1",
        upstream: { outcome: "success", status: 200, duration_ms: 28, result_bytes: 900 },
        trace_id: "0af7651916cd43dd8448eb211c80319c",
      },
    ]);
  });

  it("says which argument does not fit the tool's schema, also of a call that passes", () => {
    const audit = open();
    observe(audit.observer, exampleRequest(), misfit({ path: `args.${"a".repeat(300)}` }));
    audit.flush();
    expect(linesOf()).toMatchObject([
      {
        effect: "allow",
        arguments_check: {
          check: "observe",
          cause: "invalid",
          path: `args.${"a".repeat(251)}`,
          expected: "args.force must be a boolean, got a string",
        },
      },
    ]);
  });

  it("names the reason of a denial, and has no upstream", () => {
    const audit = open();
    const limit = { counter: "per-minute", used: 10, max: 10 };
    observe(audit.observer, exampleRequest(), denied({ limit }), DENIED);
    audit.flush();
    expect(linesOf()).toMatchObject([
      {
        effect: "deny",
        reason: "rate_limited",
        rule: "/tools/ExecuteQuery/limits/per-minute",
        mode: "enforce",
        limit,
      },
    ]);
    expect(linesOf()[0]).not.toHaveProperty("upstream");
  });

  it("is written at the end for a call that shadow mode allows", () => {
    const audit = open();
    observe(audit.observer, exampleRequest(), denied({ mode: "shadow" }));
    audit.flush();
    expect(linesOf()).toMatchObject([
      { effect: "would_deny", reason: "rate_limited", mode: "shadow", upstream: { outcome: "success" } },
    ]);
  });

  it("is written at once for a denial, and once only", () => {
    const audit = open();
    const request = exampleRequest();
    audit.observer.requestDecided?.(request, denied());
    audit.flush();
    expect(linesOf()).toHaveLength(1);
    audit.observer.requestEnded?.(request, DENIED, denied());
    audit.flush();
    expect(linesOf()).toHaveLength(1);
  });

  it("waits for the end of an allowed call", () => {
    const audit = open();
    audit.observer.requestDecided?.(exampleRequest(), ALLOWED);
    audit.flush();
    expect(linesOf()).toEqual([]);
  });

  it("is written for a call without a decision, and for no other such request", () => {
    const audit = open();
    audit.observer.requestEnded?.(exampleRequest(), SUCCESS, undefined);
    audit.observer.requestEnded?.(exampleList(), SUCCESS, undefined);
    audit.flush();
    expect(linesOf()).toMatchObject([{ method: "tools/call" }]);
  });

  it("is written for each refused message", () => {
    const audit = open();
    audit.observer.messageRefused?.({
      id: "r-1",
      atMs: 0,
      cause: "batch",
      detail: "an array",
      transport: "http",
      bytes: 2,
    });
    audit.flush();
    expect(linesOf()).toEqual([
      {
        time: "1970-01-01T00:00:00.000Z",
        id: "r-1",
        server: "prometheus",
        effect: "deny",
        reason: "invalid_message",
        refusal: { cause: "batch", detail: "an array", bytes: 2 },
      },
    ]);
  });

  it("has no argument's value", () => {
    const audit = open();
    observe(audit.observer, exampleRequest({ args: { bytes: 20, keys: ["q"], text: '{"q":"secret"}' } }));
    audit.flush();
    expect(readFileSync(path, "utf8")).not.toContain("secret");
  });

  it.each(["a\nb", "\u2028", '"}\n{"effect":"allow', "\ud800", "\u0000", "x".repeat(100_000)])(
    "stays one bounded line whatever a caller calls a tool (%#)",
    (name) => {
      const audit = open();
      const args = { bytes: 1, keys: Array.from({ length: 1000 }, () => name), text: "{}" };
      observe(audit.observer, exampleRequest({ tool: exampleTool(name, { isKnown: false }), args }));
      audit.flush();
      const text = readFileSync(path, "utf8");
      expect(text.split("\n")).toHaveLength(2);
      expect(text.length).toBeLessThan(40_000);
      expect(linesOf()[0]?.["tool"]).toBe(name.slice(0, 256));
    },
  );
});

describe("the key", () => {
  it("is created once, readable by the owner alone, next to the log", () => {
    const args = { bytes: 2, keys: [], text: "{}" };
    const [first, second] = [1, 2].map(() => {
      const { hmacKey: _hmacKey, ...options } = {
        target: path,
        server: "s",
        hmacKey: "",
        onDropped: () => undefined,
      };
      const audit = openAudit(options);
      observe(audit.observer, exampleRequest({ args }));
      audit.close();
      return linesOf().at(-1)?.["args"];
    });
    expect(first).toEqual(second);
    expect(statSync(`${path}.key`).mode & 0o777).toBe(0o600);
  });

  it("is refused when the file holds less than a key", () => {
    writeFileSync(`${path}.key`, "abc\n");
    expect(() => openAudit({ target: path, server: "s", onDropped: () => undefined })).toThrow(
      `${path}.key: must hold 32 bytes as hexadecimal digits`,
    );
  });
});

describe("the file", () => {
  it("is readable by its owner alone", () => {
    open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("holds a record at once after an idle time", () => {
    const audit = open();
    observe(audit.observer, exampleRequest());
    expect(linesOf()).toHaveLength(1);
  });

  it("holds rapid records after the event loop's turn", async () => {
    const audit = open();
    for (let call = 0; call < 100; call += 1) observe(audit.observer, exampleRequest());
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(linesOf()).toHaveLength(100);
  });

  it("is appended to by the next process", () => {
    for (let run = 0; run < 2; run += 1) {
      const audit = open();
      observe(audit.observer, exampleRequest());
      audit.close();
    }
    expect(linesOf()).toHaveLength(2);
  });

  it("is reopened after a rotation, without losing a line", () => {
    const audit = open();
    observe(audit.observer, exampleRequest());
    renameSync(path, `${path}.1`);
    expect(audit.reopen()).toBeUndefined();
    observe(audit.observer, exampleRequest());
    audit.flush();
    expect([linesOf(`${path}.1`), linesOf()].map((lines) => lines.length)).toEqual([1, 1]);
  });

  it("stays in use when the next one cannot be opened", () => {
    const inner = join(folder, "inner", "audit.jsonl");
    const moved = join(folder, "moved");
    mkdirSync(join(folder, "inner"));
    const audit = open({ target: inner });
    renameSync(join(folder, "inner"), moved);
    expect(audit.reopen()).toBeInstanceOf(Error);
    observe(audit.observer, exampleRequest());
    audit.flush();
    expect(linesOf(join(moved, "audit.jsonl"))).toHaveLength(1);
  });

  it("cannot be opened where there is no folder", () => {
    expect(() => open({ target: join(folder, "nowhere", "audit.jsonl") })).toThrow("ENOENT");
  });
});

describe("a record that cannot be written", () => {
  it.skipIf(!existsSync("/dev/full"))("is counted when the disk is full, and never thrown", () => {
    const full = openSync("/dev/full", "w");
    const audit = open({ target: full });
    for (let index = 0; index < 3; index += 1) observe(audit.observer, exampleRequest());
    expect(() => audit.flush()).not.toThrow();
    expect(dropped).toBe(3);
    closeSync(full);
  });

  it("is counted after the close", () => {
    const audit = open();
    audit.close();
    observe(audit.observer, exampleRequest());
    expect(dropped).toBe(1);
  });

  it("does not occur when a process ends in the turn of its decision", async () => {
    const program = fileURLToPath(new URL("../programs/audited.ts", import.meta.url));
    await promisify(execFile)(process.execPath, [program, path]);
    expect(linesOf()).toHaveLength(1);
  });

  it("does not occur on a pipe that is read late", async () => {
    const { lines, dropped } = await recordOnPipe(2000);
    expect(dropped).toBe(0);
    expect(lines.filter(isRecord)).toHaveLength(2001);
    expect(lines).toHaveLength(2001);
  });

  it("is counted on a pipe that is read too late, and leaves the lines after it whole", async () => {
    const { lines, dropped } = await recordOnPipe(10_000);
    expect(dropped).toBeGreaterThan(0);
    const [told, calls] = partition(lines.filter(isRecord), (line) => line.includes('"records_lost"'));
    expect(calls.length).toBe(10_001 - dropped);
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.parse(calls.at(-1) ?? "")).toMatchObject({ id: "last" });
  });
});

function partition(lines: readonly string[], isOne: (line: string) => boolean): [string[], string[]] {
  return [lines.filter(isOne), lines.filter((line) => !isOne(line))];
}

/** A child writes records to its stderr, which is read only after the child is done. */
async function recordOnPipe(records: number): Promise<{ lines: readonly string[]; dropped: number }> {
  const program = fileURLToPath(new URL("../programs/audited-pipe.ts", import.meta.url));
  const child = spawn(process.execPath, [program, String(records)], { stdio: ["ignore", "pipe", "pipe"] });
  await once(child.stdout, "readable");
  const [stderr, stdout] = await Promise.all([child.stderr.toArray(), child.stdout.toArray()]);
  const [, dropped] = /^recorded (\d+)$/.exec(Buffer.concat(stdout).toString()) ?? [];
  return { lines: Buffer.concat(stderr).toString().trimEnd().split("\n"), dropped: Number(dropped) };
}

/** Neither cut nor glued to another. */
function isRecord(line: string): boolean {
  try {
    return Boolean(JSON.parse(line));
  } catch {
    return false;
  }
}

it("formats times with and without the cache", () => {
  expect([isoTime(1), isoTime(1), isoTime(2)]).toEqual([
    "1970-01-01T00:00:00.001Z",
    "1970-01-01T00:00:00.001Z",
    "1970-01-01T00:00:00.002Z",
  ]);
});
