/** Many calls at once against two limits, round after round, while the clock jumps and the policy is reloaded. */

import { writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";

import { startTestSidecar } from "../../fixtures/start-sidecar.ts";
import { listenOnLoopback, type Listener } from "../../fixtures/servers/loopback.ts";
import { AuditTail } from "../audit-tail.ts";
import { callOf } from "../bypass/vector.ts";
import type { Figure, Section } from "../figure.ts";

const CALLS = 1_000;
const CALLS_PER_RELOAD = 250;
const AMOUNT = 7;
const MOST_CALLS = 37;
const MOST_SPENT = 370;
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 31, 23);

/** How far the clock jumps back from the beginning of a window; a jump back opens no other window. */
const BACKWARDS_MS = [1, HOUR_MS, 48 * HOUR_MS, 400 * 24 * HOUR_MS, 0];
/** A new window begins after this many rounds; in the other rounds the limits are used up. */
const ROUNDS_PER_WINDOW = 4;

export const LIMITS: Section = {
  name: "limits",
  run: async ({ isQuick }) => [await race(isQuick ? 20 : 200)],
};

async function race(rounds: number): Promise<Figure> {
  const track = await startTrack();
  const agent = new Agent({ keepAlive: true, maxSockets: CALLS });
  const tally: Tally = { over: 0, under: 0, admitted: 0, faults: [] };
  let windowMs = START_MS;
  for (let round = 0; round < rounds; round += 1) {
    const isNew = round % ROUNDS_PER_WINDOW === 0;
    if (isNew) windowMs += HOUR_MS;
    track.setClock(windowMs);
    const startMs = windowMs;
    await allAtOnce(track.url, agent, (call) => {
      track.setClock(startMs - (BACKWARDS_MS[call % BACKWARDS_MS.length] ?? 0));
      if (call % CALLS_PER_RELOAD === 0) track.reload(`round ${round}, after call ${call}`);
    });
    count(tally, track.arrived(), isNew, round);
  }
  const reloads = await track.reloads();
  agent.destroy();
  await track.stop();
  return describe(tally, rounds, reloads);
}

interface Track {
  readonly url: string;
  readonly setClock: (nowMs: number) => void;
  /** Puts a policy with other words in force. */
  readonly reload: (words: string) => void;
  /** The number of reloads, by the sidecar's own count. */
  readonly reloads: () => Promise<number>;
  /** The calls that reached the server since the last call of this function. */
  readonly arrived: () => Arrived;
  readonly stop: () => Promise<void>;
}

async function startTrack(): Promise<Track> {
  const upstream = await startCounting();
  const audit = new AuditTail(policyOf("first"));
  let now = START_MS;
  const sidecar = await startTestSidecar({
    upstream: `${upstream.origin}/mcp`,
    flags: { policy: audit.policyFile, audit: audit.file },
    clock: { wallMs: () => now, steadyMs: () => performance.now() },
  });
  const stop = async (): Promise<void> => {
    await sidecar.stop();
    await upstream.close();
    audit.remove();
  };
  return {
    url: sidecar.url,
    setClock: (nowMs) => void (now = nowMs),
    reload: (words) => {
      writeFileSync(audit.policyFile, JSON.stringify(policyOf(words)));
      sidecar.reload();
    },
    reloads: async () => (await sidecar.metric("tollgate_policy_reloads_total", { result: "success" })) - 1,
    arrived: upstream.next,
    stop,
  };
}

/** The policy, with another `on_deny` in each round: a reload must apply it, and must not refill a counter. */
function policyOf(words: string): object {
  const limit = { window: "hour", on_deny: words };
  return {
    version: "1",
    default: "allow",
    tools: {
      safe: { limits: [{ counter: "calls", max: MOST_CALLS, ...limit }] },
      pay: { limits: [{ counter: "spent", max: MOST_SPENT, increment_from: "args.amount", ...limit }] },
    },
  };
}

const MESSAGES = [callOf("safe"), callOf("pay", `{"amount":${AMOUNT}}`)];

async function allAtOnce(url: string, agent: Agent, jump: (call: number) => void): Promise<void> {
  const calls = Array.from({ length: CALLS }, async (_, call) => {
    const status = await send(url, agent, MESSAGES[call % MESSAGES.length] ?? "");
    if (status !== 200) throw new Error(`a call was answered with ${status}`);
    jump(call);
  });
  await Promise.all(calls);
}

function send(url: string, agent: Agent, body: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    "content-length": body.length,
  };
  const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
    response.resume().on("end", () => resolve(response.statusCode));
  });
  outgoing.on("error", reject).end(body);
  return promise;
}

interface Tally {
  over: number;
  under: number;
  admitted: number;
  readonly faults: string[];
}

function count(tally: Tally, { safe, pay }: Arrived, isNew: boolean, round: number): void {
  const rows = [
    { name: "calls", got: safe, due: isNew ? MOST_CALLS : 0 },
    { name: "amounts", got: pay, due: isNew ? Math.floor(MOST_SPENT / AMOUNT) : 0 },
  ];
  for (const { name, got, due } of rows) {
    tally.admitted += got;
    tally.over += Math.max(0, got - due);
    tally.under += Math.max(0, due - got);
    if (got !== due) tally.faults.push(`round ${round}: ${got} ${name} admitted, ${due} due`);
  }
}

function describe({ over, under, admitted, faults }: Tally, rounds: number, reloads: number): Figure {
  return {
    name: `limit race, ${CALLS} calls at once x ${rounds} rounds, the clock jumping back and the policy reloaded within each`,
    figure: `${over} admitted too many, ${under} too few, of ${admitted} admitted, ${reloads} reloads`,
    bar: "0 too many, and no window left unused",
    isMet: over === 0 && under === 0 && admitted > 0 && reloads > rounds,
    details: faults,
  };
}

interface Arrived {
  readonly safe: number;
  readonly pay: number;
}

async function startCounting(): Promise<Listener & { readonly next: () => Arrived }> {
  let arrived = { safe: 0, pay: 0 };
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (text: string) => (body += text));
    incoming.on("end", () => {
      arrived[body.includes('"safe"') ? "safe" : "pay"] += 1;
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"jsonrpc":"2.0","id":9,"result":{"content":[]}}');
    });
  });
  const next = (): Arrived => {
    const since = arrived;
    arrived = { safe: 0, pay: 0 };
    return since;
  };
  return { ...(await listenOnLoopback(server, 0)), next };
}
