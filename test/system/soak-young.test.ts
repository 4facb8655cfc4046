/** The objects of one call are collected in the young generation, even while streams are open. */

import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { toolCall, callTool, openResponse } from "../fixtures/open-loop.ts";
import { readHeap, heapReportVariables } from "../fixtures/read-heap.ts";
import { startTollgateProcess } from "../fixtures/start-tollgate.ts";

const STREAMS = 200;
const AT_ONCE = 4;
/** Enough for V8 to have compiled the path of a call. */
const WARM_UP_CALLS = 10_000;
const CALLS = 2_000;
/** The decision that is remembered is 1.5 KiB; a whole call with all that it refers to is 10 KiB. */
const BAR_BYTES = 4 * 1024;

it(`of a call, less than ${BAR_BYTES} bytes reach the old generation while ${STREAMS} streams are open`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-young-"));
  const heapFile = join(folder, "heap.json");
  const upstream = await startUpstream();
  const tollgate = await startTollgateProcess({
    upstream: upstream.url,
    flags: ["--audit", "/dev/null", "--log-level", "error"],
    environment: heapReportVariables(heapFile),
  });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(async () => {
    await tollgate.stop("SIGKILL");
    agent.destroy();
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { url } = tollgate;
  for (let opened = 0; opened < STREAMS; opened += 1) (await openResponse({ url })).resume();
  const call = async (count: number): Promise<void> => {
    let left = count;
    const one = async (): Promise<void> => {
      while ((left -= 1) >= 0)
        expect(await callTool({ url, agent, message: toolCall("run", { n: left }) })).toBe("admitted");
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  };
  await call(WARM_UP_CALLS);
  const before = await readHeap(tollgate, heapFile);
  await call(CALLS);
  const after = await readHeap(tollgate, heapFile);
  const bytes = (after.oldBytesBefore - before.oldBytes) / CALLS;
  process.stdout.write(`of a call, ${bytes.toFixed(0)} bytes reach the old generation\n`);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(BAR_BYTES);
});

/** Starts an upstream that answers calls at once and sends nothing on its streams. */
function startUpstream(): ReturnType<typeof serveOnLoopback> {
  return serveOnLoopback((request, response) => {
    request.resume().on("end", () => {
      if (request.method !== "GET")
        return sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    });
  });
}
