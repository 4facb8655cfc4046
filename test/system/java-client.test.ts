import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EdgeSidecar, startEdgeSidecar } from "../fixtures/edge-sidecar.ts";

const PROGRAM = join(import.meta.dirname, "../fixtures/java/PostTwice.java");

let edge: EdgeSidecar;
beforeAll(async () => {
  edge = await startEdgeSidecar({});
});
afterAll(() => edge.stop());

it("serves java.net.http.HttpClient with its defaults, which offers an upgrade to h2c", async () => {
  const { stdout } = await promisify(execFile)("java", [PROGRAM, edge.sidecar.url]);
  const line = 'HTTP_1_1 200 {"jsonrpc":"2.0","id":1,"result":{}}';
  expect(stdout.trim().split("\n")).toEqual([line, line]);
});
