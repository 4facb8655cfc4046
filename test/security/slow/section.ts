/** Clients that are slow on purpose, `slowhttptest` in its three modes, beside callers that are not slow. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

import { listenOnLoopback, type Listener } from "../../fixtures/servers/loopback.ts";
import { startTollgateProcess } from "../../fixtures/start-tollgate.ts";
import type { Figure, Section } from "../figure.ts";
import { Callers } from "./callers.ts";
import { openConnections } from "./connections.ts";

const CONNECTIONS = 200;
const MOST_SECONDS = 15;
/** Longer than the bar, to see by how much it is missed. */
const WATCHED_SECONDS = 20;
const CALM_MS = 4_000;
const POLL_MS = 100;
const MOST_RATIO = 2;
/** One pause of the machine within an attack of ten seconds decides a 99th percentile: a sidecar that is slow is slow in each attack. */
const MAX_ATTACKS = 3;

const QUIET = ["--log-level", "silent"];

interface Mode {
  readonly name: string;
  readonly args: readonly string[];
}

interface Field {
  readonly sidecar: { readonly url: string };
  readonly other: { readonly url: string };
  readonly callers: Callers;
}

/** The arguments of `slowhttptest`, without the number of connections, which it opens at once. */
const MODES: readonly Mode[] = [
  { name: "slow headers", args: ["-H", "-i", "2", "-x", "16"] },
  {
    name: "slow bodies",
    args: ["-B", "-i", "2", "-x", "16", "-s", "8192", "-t", "POST", "-f", "application/json"],
  },
  {
    name: "slow reads",
    args: ["-X", "-n", "5", "-z", "16", "-w", "16", "-y", "32", "-m", "text/event-stream"],
  },
];

export const SLOW: Section = {
  name: "slow",
  run: async () => {
    const upstream = await startTalkative();
    const sidecar = await startTollgateProcess({
      upstream: `${upstream.origin}/mcp`,
      flags: QUIET,
    });
    // The attack slows the whole machine: a second sidecar, which is not attacked, shows how much.
    const other = await startTollgateProcess({ upstream: `${upstream.origin}/mcp`, flags: QUIET });
    const callers = new Callers(sidecar.url);
    callers.start();
    const figures: Figure[] = [];
    try {
      for (const mode of MODES) figures.push(await attackUntilMet(mode, { sidecar, other, callers }));
    } finally {
      await callers.stop();
      await Promise.all([sidecar.stop(), other.stop()]);
      await upstream.close();
    }
    return figures;
  },
};

/** Starts an upstream that answers calls at once, and whose streams send more than any buffer holds. */
function startTalkative(): Promise<Listener> {
  const message = {
    jsonrpc: "2.0",
    method: "notifications/message",
    params: { level: "info", data: "x".repeat(16_000) },
  };
  const event = `data: ${JSON.stringify(message)}\n\n`;
  const talk = (response: ServerResponse): void => {
    while (!response.destroyed && response.write(event));
    if (!response.destroyed) response.once("drain", () => talk(response));
  };
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return talk(response);
    }
    response.writeHead(200, { "content-type": "application/json" });
    return void response.end('{"jsonrpc":"2.0","id":9,"result":{"content":[]}}');
  });
  return listenOnLoopback(server, 0);
}

async function attackUntilMet(mode: Mode, field: Field): Promise<Figure> {
  let attacks = 1;
  let figure = await attack(mode, field);
  for (; !figure.isMet && attacks < MAX_ATTACKS; attacks += 1) figure = await attack(mode, field);
  return { ...figure, figure: `${figure.figure}, in attack ${attacks} of at most ${MAX_ATTACKS}` };
}

async function attack({ name, args }: Mode, { sidecar, other, callers }: Field): Promise<Figure> {
  const calm = await calmP99(callers);
  await watch(args, other.url, callers);
  const beside = Math.max(calm, callers.p99());
  const { seen, open, longestSeconds } = await watch(args, sidecar.url, callers);
  const during = callers.p99();
  const ratio = during / beside;
  const left = open === 0 ? "all closed" : `${open} still open`;
  return {
    name: `${seen} connections with ${name}`,
    figure: `${left} after ${longestSeconds.toFixed(1)} s; p99 of others ${during.toFixed(1)} ms, ${beside.toFixed(1)} ms while another sidecar is attacked, ${calm.toFixed(1)} ms while none is, ratio ${ratio.toFixed(2)}`,
    bar: `at least ${CONNECTIONS} connections, each closed in ${MOST_SECONDS} s, p99 at most ${MOST_RATIO} times that beside an attack on another sidecar`,
    isMet: seen >= CONNECTIONS && open === 0 && longestSeconds <= MOST_SECONDS && ratio <= MOST_RATIO,
  };
}

/** The 99th percentile of the callers while no sidecar is attacked. */
async function calmP99(callers: Callers): Promise<number> {
  callers.p99();
  await delay(CALM_MS);
  return callers.p99();
}

interface Watched {
  readonly seen: number;
  readonly open: number;
  /** The life of the longest connection, as far as it was watched. */
  readonly longestSeconds: number;
}

async function watch(args: readonly string[], url: string, callers: Callers): Promise<Watched> {
  const common = ["-c", CONNECTIONS, "-r", CONNECTIONS, "-l", WATCHED_SECONDS + 5, "-p", "5", "-u", url].map(
    String,
  );
  const child = spawn("slowhttptest", [...common, ...args], { stdio: "ignore" });
  const failed = once(child, "error").then(([error]) => {
    throw new Error("slowhttptest: cannot be started; npm run setup:system installs it", { cause: error });
  });
  const port = Number(new URL(url).port);
  const lives = new Map<number, { from: number; to: number }>();
  const startedAt = performance.now();
  let open = CONNECTIONS;
  while (performance.now() - startedAt < WATCHED_SECONDS * 1000 && (open > 0 || lives.size < CONNECTIONS)) {
    await Promise.race([delay(POLL_MS), failed]);
    const others = [...openConnections(port)].filter((remote) => !callers.ports.has(remote));
    const now = performance.now();
    for (const remote of others) lives.set(remote, { from: lives.get(remote)?.from ?? now, to: now });
    open = others.length;
  }
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const longest = Math.max(0, ...Array.from(lives.values(), ({ from, to }) => to - from));
  return { seen: lives.size, open, longestSeconds: longest / 1000 };
}
