/** Odd HTTP over raw sockets: only judged messages may reach the upstream. */

import { createServer, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";

import { startTestSidecar } from "../../fixtures/start-sidecar.ts";
import { listenOnLoopback, type Listener } from "../../fixtures/servers/loopback.ts";
import { AuditTail, type AuditRecord } from "../audit-tail.ts";
import { SAFE } from "../bypass/vector.ts";
import type { Section } from "../figure.ts";
import { GUARD } from "../servers/execution.ts";
import { FIELDS } from "./fields.ts";
import { FRAMING } from "./framing.ts";
import { LINES } from "./lines.ts";
import { post, type RawFamily } from "./raw.ts";

const LEAST_VECTORS = 80;
const VECTORS: RawFamily = [{ name: "plain", bytes: post([]) }, ...FRAMING, ...LINES, ...FIELDS];

export const HTTP: Section = {
  name: "http",
  run: async () => {
    const control = await sendAllDirectly();
    const { seen, stopped, faults } = await sendAll();
    return [
      {
        name: "HTTP vectors over raw sockets",
        figure: `${faults.length} of ${seen} requests seen upstream not as they were judged, in ${VECTORS.length} vectors; ${stopped} let nothing through; the hidden call got to the server in ${control} of them without Tollgate`,
        bar: `0, in at least ${LEAST_VECTORS}, some of which work without Tollgate`,
        isMet: faults.length === 0 && VECTORS.length >= LEAST_VECTORS && seen > 0 && control > 0,
        details: faults,
      },
    ];
  },
};

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Recorder extends Listener {
  /** The requests that came since the last call of this function. */
  readonly next: () => readonly Seen[];
}

/** As lenient a server as Node has. */
async function startRecorder(): Promise<Recorder> {
  let seen: Seen[] = [];
  const server = createServer({ insecureHTTPParser: true, maxHeaderSize: 1 << 20, requireHostHeader: false });
  server.on("request", (request, response) => {
    const { method = "", url = "", headers } = request;
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("error", () => undefined);
    request.on("end", () => {
      seen.push({ method, url, headers, body: Buffer.concat(parts).toString("utf8") });
      if (method !== "POST") return void response.writeHead(405).end();
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"jsonrpc":"2.0","id":9,"result":{"content":[]}}');
    });
  });
  const listener = await listenOnLoopback(server, 0);
  const next = (): readonly Seen[] => {
    const since = seen;
    seen = [];
    return since;
  };
  return { ...listener, next };
}

async function sendAll(): Promise<{ seen: number; stopped: number; faults: string[] }> {
  const upstream = await startRecorder();
  const audit = new AuditTail(GUARD);
  const flags = { policy: audit.policyFile, audit: audit.file };
  const bounds = { requestMs: 400 };
  const sidecar = await startTestSidecar({ upstream: `${upstream.origin}/mcp`, flags, bounds });
  const faults: string[] = [];
  let [count, stopped] = [0, 0];
  for (const { name, bytes } of VECTORS) {
    const isEnded = await sendRaw(Number(new URL(sidecar.url).port), bytes);
    const seen = upstream.next();
    count += seen.length;
    if (seen.length === 0) stopped += 1;
    const hosts = new URL(upstream.origin).host;
    const wrong = [...unjudged(seen, audit.next()), ...seen.flatMap((each) => misshapen(each, hosts))];
    if (!isEnded) wrong.push("the connection stayed open");
    faults.push(...wrong.map((fault) => `${JSON.stringify(name.slice(0, 80))}: ${fault}`));
  }
  await sidecar.stop();
  await upstream.close();
  audit.remove();
  return { seen: count, stopped, faults };
}

/** The number of vectors whose denied call reaches a server without a sidecar. */
async function sendAllDirectly(): Promise<number> {
  const upstream = await startRecorder();
  let arrived = 0;
  for (const { bytes } of VECTORS) {
    await sendRaw(Number(new URL(upstream.origin).port), bytes, DIRECT_MS);
    if (upstream.next().some(({ body }) => body.includes("danger"))) arrived += 1;
  }
  await upstream.close();
  return arrived;
}

/** Faults where a message upstream has no audit record that allowed it. Requests that open a stream or end a session carry no message. */
function unjudged(seen: readonly Seen[], records: readonly AuditRecord[]): string[] {
  const allowed = records.filter(({ effect, tool }) => effect === "allow" && tool === "safe").length;
  const messages = seen.filter(({ method, body }) => method === "POST" || body !== "");
  const others = seen.filter(({ method }) => !["POST", "GET", "DELETE"].includes(method));
  return [
    ...(messages.length === allowed ? [] : [`${messages.length} messages upstream, ${allowed} allowed`]),
    ...messages
      .filter(({ body }) => body !== SAFE)
      .map(({ body }) => `another message upstream: ${body.slice(0, 80)}`),
    ...others.map(({ method }) => `the method ${method} upstream`),
  ];
}

/** Headers that must not reach the upstream: hop-by-hop, named in `Connection`, Tollgate's own, or changing the request. */
const FOREIGN =
  /^(?:connection-|proxy-|te$|trailer$|upgrade|http2-|expect$|keep-alive$|x-hop$|x-http-method|x-method-|x-original-|x-rewrite-)|_/;

function misshapen({ url, headers }: Seen, host: string): string[] {
  const foreign = Object.keys(headers).filter((name) => FOREIGN.test(name));
  return [
    ...(url === "/mcp" ? [] : [`the target ${url} upstream`]),
    ...(headers.host === host ? [] : [`the Host ${headers.host} upstream`]),
    ...foreign.map((name) => `the header ${name} upstream`),
  ];
}

const LONGEST_MS = 8_000;
/** Requests without a sidecar that the server leaves open are ended after this time; the test claims nothing about them. */
const DIRECT_MS = 250;
/** A connection counts as idle when no byte comes for this long after a response. */
const QUIET_MS = 25;

/** Writes the bytes and reads until the other side closes or has responded; false when it does neither in time. */
async function sendRaw(port: number, bytes: string, longestMs = LONGEST_MS): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  // The sidecar may close the connection of a refused request while it is still being sent.
  socket.on("error", () => undefined);
  let isOver = true;
  const deadline = setTimeout(() => {
    isOver = false;
    socket.destroy();
  }, longestMs);
  let quiet: NodeJS.Timeout | undefined;
  socket.on("data", () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => socket.destroy(), QUIET_MS);
  });
  socket.write(Buffer.from(bytes, "latin1"));
  await closed;
  clearTimeout(deadline);
  clearTimeout(quiet);
  return isOver;
}
