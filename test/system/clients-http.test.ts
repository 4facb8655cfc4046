/** HTTP clients of five languages read what Tollgate answers, refusals of bodies and headers above the bound included. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EdgeSidecar, startEdgeSidecar } from "../fixtures/edge-sidecar.ts";
import { installPython } from "./stdio/python.ts";

const run = promisify(execFile);
const PROGRAMS = join(import.meta.dirname, "clients");

let edge: EdgeSidecar;
let folder: string;
beforeAll(async () => {
  edge = await startEdgeSidecar({});
  folder = mkdtempSync(join(tmpdir(), "tollgate-clients-"));
});
afterAll(async () => {
  await edge.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Each writes a line for each response: kind, status, body. */
const CLIENTS: readonly (readonly [name: string, command: () => Promise<readonly string[]>])[] = [
  ["fetch of Node", async () => [process.execPath, join(PROGRAMS, "client.mjs")]],
  ["curl", async () => ["bash", join(PROGRAMS, "client.sh")]],
  ["httpx of Python", async () => [join(installPython(), "bin/python"), join(PROGRAMS, "client.py")]],
  ["net/http of Go", goClient],
  ["java.net.http.HttpClient with its defaults", async () => ["java", join(PROGRAMS, "Client.java")]],
];

async function goClient(): Promise<readonly string[]> {
  const program = join(folder, "client");
  await run("go", ["build", "-o", program, join(PROGRAMS, "client.go")]);
  return [program];
}

const RESULT = '{"jsonrpc":"2.0","id":1,"result":{}}';
const refusal = (message: string): string =>
  JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message } });
const LARGE = ["413", refusal("a message may have 4194304 bytes")];
const HEADERS = ["431", refusal("the headers have more than 16384 bytes")];

const EXPECTED = [
  ["served", "200", RESULT],
  ["served again", "200", RESULT],
  ["charset", "200", RESULT],
  ...Array.from({ length: 3 }, () => [
    ["large", ...LARGE],
    ["chunked", ...LARGE],
    ["headers", ...HEADERS],
  ]).flat(),
  ["after all", "200", RESULT],
];

describe("a client of HTTP reads each response", () => {
  it.each(CLIENTS)("%s", async (_name, command) => {
    const [program = "", ...args] = await command();
    const large = join(folder, "large.bin");
    writeFileSync(large, Buffer.alloc(16 << 20));
    const { stdout } = await run(program, [...args, edge.sidecar.url, large]);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => line.split("\t"))).toEqual(EXPECTED);
  });
});
