/** How long `tollgate --upstream` takes until it is ready, and what memory it holds when nothing is asked of it: each build given by the path of its `main.js`, in turns. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts } from "../test/fixtures/free-port.ts";

const STARTS = 11;
const POLL_MS = 2;
/** By then everything that is loaded late is there. */
const IDLE_MS = 2_000;
const BARS = { readyMs: 400, idleMb: 90 };

const given = process.argv.slice(2);
const builds = given.length > 0 ? given : [fileURLToPath(new URL("../dist/main.js", import.meta.url))];
const upstream = createServer((request, response) => {
  request.resume();
  response.writeHead(405).end();
}).listen(0, "127.0.0.1");
await once(upstream, "listening");
const address = upstream.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/mcp`;

const figures = new Map(builds.map((main) => [main, { readyMs: [] as number[], idleMb: [] as number[] }]));
for (let turn = 0; turn < STARTS; turn += 1) {
  for (const [main, { readyMs, idleMb }] of figures) {
    const measured = await measure(main);
    readyMs.push(measured.readyMs);
    idleMb.push(measured.idleMb);
  }
}
upstream.close();

console.log(
  `medians of ${STARTS} starts in turns, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}`,
);
for (const [main, { readyMs, idleMb }] of figures) {
  const ready = `ready after ${median(readyMs).toFixed(0)} ms (bar ${BARS.readyMs})`;
  console.log(
    `${main}: ${ready}, ${median(idleMb).toFixed(0)} MB idle after probes and a scrape (bar ${BARS.idleMb})`,
  );
}

async function measure(main: string): Promise<{ readyMs: number; idleMb: number }> {
  const [listen, admin] = await freePorts(2);
  const addresses = ["--listen", `127.0.0.1:${listen}`, "--admin", `127.0.0.1:${admin}`];
  const startedMs = performance.now();
  const flags = ["--upstream", url, ...addresses, "--log-level", "silent"];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  const adminUrl = `http://127.0.0.1:${admin}`;
  while (!(await isOk(`${adminUrl}/readyz`))) {
    if (child.exitCode !== null) throw new Error(`${main}: ended before it was ready`);
    await pause(POLL_MS);
  }
  const readyMs = performance.now() - startedMs;
  await pause(IDLE_MS);
  await isOk(`${adminUrl}/metrics`);
  const idleMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
  child.kill("SIGKILL");
  await once(child, "exit");
  return { readyMs, idleMb };
}

async function isOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
