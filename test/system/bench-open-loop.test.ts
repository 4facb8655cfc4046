/** The open-loop load generator of the benchmark: how it measures the latency of a call. */

import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../../tools/bench/native/open-loop.c");
const STALL_MS = 500;
const RATE = 200;
const SECONDS = 2;

interface Figures {
  readonly sent: number;
  readonly unanswered: number;
  readonly failed: number;
  readonly measured: number;
  readonly meanUs: number;
  readonly p90Us: number;
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-open-loop-"));
  execFileSync("cc", ["-O2", "-o", join(folder, "open-loop"), SOURCE]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("open-loop", () => {
  it("charges a server that stalls for every call that was due meanwhile, not only for those under way", async () => {
    const { meanUs, p90Us, ...counts } = await load(stalling());
    expect(counts).toMatchObject({
      sent: RATE * SECONDS,
      unanswered: 0,
      failed: 0,
      measured: RATE * SECONDS,
    });
    // A quarter of the calls is due during the stall, and waits for half of it in the middle. One connection alone would have seen one slow call.
    const share = STALL_MS / 1000 / SECONDS;
    expect(meanUs).toBeGreaterThanOrEqual((share * STALL_MS * 1000) / 2);
    expect(p90Us).toBeGreaterThanOrEqual((STALL_MS * 1000) / 2);
  });

  it("counts answers that are not 200 as failed", async () => {
    const refusing = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(503).end("{}"));
    });
    expect(await load(refusing)).toMatchObject({ unanswered: 0, failed: RATE * SECONDS });
  });

  it("gives each request an id of its own", async () => {
    const ids = new Set<string>();
    const noting = createServer((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => ids.add(text));
      request.on("end", () => response.end("{}"));
    });
    await load(noting);
    expect(ids.size).toBe(RATE * SECONDS);
  });
});

/** Answers at once, but for one turn in which it does nothing for `STALL_MS`. */
function stalling(): Server {
  let hasStalled = false;
  return createServer((request, response) => {
    if (!hasStalled) {
      hasStalled = true;
      const untilMs = performance.now() + STALL_MS;
      while (performance.now() < untilMs);
    }
    request.resume().on("end", () => response.end("{}"));
  });
}

async function load(server: Server): Promise<Figures> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const file = join(folder, "request");
  const body = `{"id":1000000}`;
  writeFileSync(file, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const args = [port, file, RATE, SECONDS, 0, 4].map(String);
  try {
    const { stdout } = await promisify(execFile)(join(folder, "open-loop"), args);
    return JSON.parse(stdout) as Figures;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
