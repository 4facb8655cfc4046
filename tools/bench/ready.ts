/** Measures how long `tollgate --upstream` takes to become ready, and its idle memory. Arguments are paths of `main.js` of builds, which are started in turns. */

import { once } from "node:events";
import { createServer } from "node:http";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { median } from "./median.ts";
import { type StartFigures, startOnce } from "./start-once.ts";

const STARTS = 11;
const BARS = { readyMs: 400, idleMb: 90 };

const given = process.argv.slice(2);
const builds = given.length > 0 ? given : [fileURLToPath(new URL("../../dist/main.js", import.meta.url))];
const upstream = createServer((request, response) => {
  request.resume();
  response.writeHead(405).end();
}).listen(0, "127.0.0.1");
await once(upstream, "listening");
const address = upstream.address();
const port = typeof address === "object" && address !== null ? address.port : 0;

const starts = new Map<string, StartFigures[]>(builds.map((main) => [main, []]));
for (let turn = 0; turn < STARTS; turn += 1) {
  for (const [main, all] of starts) all.push(await startOnce([process.execPath, main], port));
}
upstream.close();

console.log(
  `medians of ${STARTS} starts in turns, load ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}`,
);
for (const [main, all] of starts) {
  const readyMs = median(all.map((start) => start.readyMs)).toFixed(0);
  const idleMb = median(all.map((start) => start.idleMb)).toFixed(0);
  const ready = `ready after ${readyMs} ms (bar ${BARS.readyMs})`;
  console.log(`${main}: ${ready}, ${idleMb} MB idle after probes and a scrape (bar ${BARS.idleMb})`);
}
