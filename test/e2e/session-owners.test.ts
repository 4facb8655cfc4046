/** Sessions keep their owner over restarts and replicas: each test starts processes that have seen none of the sessions. */

import { writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { INITIALIZE, stdioServer } from "../fixtures/bridge.ts";
import { countCrossings } from "../fixtures/crossings.ts";
import { startDualEraServer } from "../fixtures/servers/dual-era.ts";
import { connectV1 } from "./relay/client-v1.ts";
import { atEnd, serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT, type LoopbackServer, sendEvents } from "../fixtures/loopback-server.ts";
import { JSON_TYPE } from "../fixtures/post.ts";
import { type TestSidecar, type TestSidecarOptions, until } from "../fixtures/start-sidecar.ts";

const [KEY, NEXT_KEY] = ["the-key-of-sessions-that-replicas-share", "the-next-key-of-sessions-they-share"];
const crossing = countCrossings("sessions over restarts and replicas");

let keyFile: string;
let upstream: LoopbackServer;
/** Method and session of each request that the server received. */
let seen: string[];
/** How the server answers `initialize`. */
let kind: "json" | "stream" | "primed stream" | "long json";

beforeEach(async () => {
  keyFile = temporaryFile("session-keys", KEY);
  seen = [];
  kind = "json";
  // A server that ignores the case of ids, and answers anyone who names one.
  upstream = await serve((text, response, { method, headers: { "mcp-session-id": session } }) => {
    seen.push(`${method} ${String(session).toLowerCase()}`);
    if (method === "DELETE") return response.writeHead(200).end();
    if (method === "GET") return sendEvents(response, `data: ${NOTIFICATION}\n\n`);
    if (!text.includes(`"initialize"`)) return EMPTY_RESULT;
    response.setHeader("mcp-session-id", "s1");
    const long = kind === "long json" ? "x".repeat(300_000) : "";
    const body = `{"jsonrpc":"2.0","id":1,"result":{"instructions":"${long}"}}`;
    if (kind === "stream") return sendEvents(response, `data: ${body}\n\n`);
    if (kind === "primed stream")
      return sendEvents(response, `id: 0\ndata:\n\n`, `data: ${NOTIFICATION}\n\n`, `data: ${body}\n\n`);
    return body;
  });
});

const NOTIFICATION = `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`;
const HEADER = `header: { name: X-Agent-Id, from: ["127.0.0.1"], user: X-User-Id }`;

interface Identity {
  readonly keys?: string;
  readonly resource?: string;
}

/** A replica, or the sidecar after a restart. */
function start(
  { keys = keyFile, resource }: Identity = {},
  options: Partial<TestSidecarOptions> = { upstream: upstream.url },
): Promise<TestSidecar> {
  const more = resource === undefined ? "" : `  resource: ${resource}\n`;
  const config = `identity:\n  ${HEADER}\n  session-key-file: "${keys}"\n${more}`;
  return startSidecar({ config, ...options });
}

type Names = Readonly<Record<string, string>>;
const [ALICE, MALLORY]: Names[] = [{ "x-agent-id": "alice" }, { "x-agent-id": "mallory" }];
const alice = ALICE ?? {};
const mallory = MALLORY ?? {};

/** A call, another message, or a request of another method. */
async function send(
  sidecar: TestSidecar,
  names: Names,
  session?: string,
  what: string | object = CALL,
): Promise<Response> {
  const [method, message] = typeof what === "string" ? [what, CALL] : ["POST", what];
  const headers = {
    ...JSON_TYPE,
    accept: "application/json, text/event-stream",
    ...names,
    ...(session !== undefined && { "mcp-session-id": session }),
  };
  const body = method === "POST" && JSON.stringify({ jsonrpc: "2.0", id: 1, ...message });
  const response = await fetch(sidecar.url, { method, headers, ...(body !== false && { body }) });
  await response.clone().text();
  return response;
}

const CALL = { method: "tools/call", params: { name: "work" } };

/** The id of a new session, as its client sees it. */
async function open(sidecar: TestSidecar, names = alice): Promise<string> {
  const response = await send(sidecar, names, undefined, INITIALIZE);
  expect(response.status).toBe(200);
  return response.headers.get("mcp-session-id") ?? "";
}

/** Expects that the request is answered as for a session that does not exist, and that the server does not receive it. */
async function refused(sidecar: TestSidecar, names: Names, session: string, method = "POST"): Promise<void> {
  const response = await crossing(
    () => seen.length,
    () => send(sidecar, names, session, method),
  );
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { message: "Session not found" } });
}

const METHODS = ["POST", "GET", "DELETE"];

describe.each(["a restart", "another replica"])("after %s", (after) => {
  /** A process that has not seen the sessions of the first one. */
  async function next(first: TestSidecar): Promise<TestSidecar> {
    if (after === "a restart") await first.stop();
    return start();
  }

  it.each(METHODS)("a session stays its owner's (%s)", async (method) => {
    const first = await start();
    const session = await open(first);
    const second = await next(first);
    await refused(second, mallory, session, method);
    await refused(second, {}, session, method);
    expect((await send(second, alice, session, method)).status).toBe(200);
    expect(seen.at(-1)).toBe(`${method} s1`);
  });

  it.each(METHODS)("a session stays its user's (%s)", async (method) => {
    const [ann, bob] = ["ann", "bob"].map((user) => ({ ...alice, "x-user-id": user }));
    const first = await start();
    const session = await open(first, ann);
    const second = await next(first);
    for (const other of [bob ?? {}, alice, { ...mallory, "x-user-id": "ann" }])
      await refused(second, other, session, method);
    expect((await send(second, ann ?? {}, session, method)).status).toBe(200);
  });

  it.each(METHODS)("no other spelling of an id names the session (%s)", async (method) => {
    const first = await start();
    const session = await open(first);
    const second = await next(first);
    const forged = [
      "s1",
      "S1",
      `S1${session.slice(2)}`,
      swapped(session),
      session.slice(0, -1),
      session.slice(0, 20),
      session.slice(3),
      `${session}A`,
      `${session}, ${session}`,
      `s1.${"A".repeat(32)}`,
      `s2${session.slice(2)}`,
      `s1${await open(second, mallory).then((own) => own.slice(2))}`,
      "",
    ];
    for (const names of [alice, mallory])
      for (const each of forged) {
        const isMallorys = names === mallory && each === forged.at(-2);
        if (!isMallorys) await refused(second, names, each, method);
      }
  });
});

describe("the key of sessions", () => {
  it("is one of the process alone without a file, so that sessions end with it", async () => {
    const config = `identity:\n  ${HEADER}\n`;
    const [first, second] = [
      await startSidecar({ upstream: upstream.url, config }),
      await startSidecar({ upstream: upstream.url, config }),
    ];
    const session = await open(first);
    expect((await send(first, alice, session)).status).toBe(200);
    await refused(second, alice, session);
  });

  it("is changed without the end of a session: the first one seals, each one opens", async () => {
    const [early, late] = [await start(), await start()];
    const session = await open(early);
    writeFileSync(keyFile, `${NEXT_KEY}\n${KEY}\n`);
    await until(async () => (await open(late)).slice(2) !== session.slice(2));
    expect((await send(late, alice, session)).status).toBe(200);
    const renewed = await open(late);
    await until(async () => (await send(early, alice, renewed)).status === 200);
    writeFileSync(keyFile, NEXT_KEY);
    await until(async () => (await send(late, alice, session)).status === 404);
    await refused(late, alice, session);
    expect((await send(late, alice, renewed)).status).toBe(200);
  });

  it("does not make a session of one endpoint good at another, where the addresses are set", async () => {
    const [one, other] = await Promise.all(
      ["one", "other"].map((name) => start({ resource: `https://${name}.example.com/mcp` })),
    );
    if (one === undefined || other === undefined) throw new Error("both have started");
    await refused(other, alice, await open(one));
  });

  it.each([
    ["cannot be read", "/nowhere/session-keys", "/nowhere/session-keys: cannot be read"],
    ["is short", () => temporaryFile("short", "secret"), "key 1: must be 32 to 1024 visible characters"],
  ])("that %s is a start error", async (_what, file, problem) => {
    const keys = typeof file === "string" ? file : file();
    await expect(start({ keys })).rejects.toMatchObject({
      exitCode: 64,
      problems: [expect.stringContaining(problem)],
    });
  });

  it("without a source of identity is a start error", async () => {
    const config = `identity:\n  session-key-file: "${keyFile}"\n`;
    await expect(startSidecar({ upstream: upstream.url, config })).rejects.toMatchObject({
      problems: [expect.stringMatching(/^identity\.session-key-file: .*needs a source of identity/)],
    });
  });
});

describe("the id that a client sees", () => {
  it.each(["json", "stream", "primed stream", "long json"] as const)(
    "is sealed in the response to initialize, and the server's own upstream and in records (%s)",
    async (how) => {
      kind = how;
      const sidecar = await start();
      const session = await open(sidecar);
      expect(session).toMatch(/^s1\.[\w-]{32}$/);
      expect((await send(sidecar, alice, session)).status).toBe(200);
      expect(seen).toEqual(["POST undefined", "POST s1"]);
      expect(sidecar.audit().at(-1)).toMatchObject({ session: "s1" });
      expect(JSON.stringify(sidecar.audit())).not.toContain(session);
      await refused(await start(), mallory, session);
    },
  );

  it("is the same in each response of its session", async () => {
    const echoing = await serve((text, response, { headers }) => {
      response.setHeader("mcp-session-id", headers["mcp-session-id"] ?? "s7");
      return text.includes("initialize") ? `{"jsonrpc":"2.0","id":1,"result":{}}` : EMPTY_RESULT;
    });
    const sidecar = await start({}, { upstream: echoing.url });
    const session = await open(sidecar);
    expect((await send(sidecar, alice, session)).headers.get("mcp-session-id")).toBe(session);
  });

  it("is not given for a session that the server names beside the caller's own", async () => {
    const confused = await serve((text, response) => {
      response.setHeader("mcp-session-id", text.includes("initialize") ? "s1" : "s2");
      return text.includes("initialize") ? `{"jsonrpc":"2.0","id":1,"result":{}}` : EMPTY_RESULT;
    });
    const sidecar = await start({}, { upstream: confused.url });
    const session = await open(sidecar);
    expect((await send(sidecar, alice, session)).headers.get("mcp-session-id")).toBeNull();
  });

  it("is not given when the stream of initialize brings the response to another request", async () => {
    const shifted = await serve((_text, response) => {
      response.setHeader("mcp-session-id", "s1");
      return sendEvents(response, `id: 0\ndata:\n\n`, `data: {"jsonrpc":"2.0","id":9,"result":{}}\n\n`);
    });
    const sidecar = await start({}, { upstream: shifted.url });
    const response = await send(sidecar, alice, undefined, INITIALIZE);
    expect(response.headers.get("mcp-session-id")).toBeNull();
  });

  it.each(["identity: { passthrough: true }", "agent: solo", "{}"])(
    "is the server's own where no credential names the callers (%s)",
    async (config) => {
      const sidecar = await startSidecar({ upstream: upstream.url, config });
      expect(await open(sidecar)).toBe("s1");
      expect((await send(sidecar, {}, "from-before")).status).toBe(200);
    },
  );
});

describe("a session of a stdio server over HTTP", () => {
  const server = stdioServer("puppet");
  const command = [server.command, ...server.args];

  it("is its owner's alone, and ends with its process", async () => {
    const sidecar = await start({}, { command });
    const session = await open(sidecar);
    expect(session).toMatch(/^[\w-]{36}\.[\w-]{32}$/);
    const list = { method: "tools/list" };
    expect((await send(sidecar, alice, session, list)).status).toBe(200);
    for (const method of METHODS) {
      await refused(sidecar, mallory, session, method);
      await refused(sidecar, alice, session.slice(0, 36), method);
    }
    const second = await start({}, { command });
    await refused(second, mallory, session);
    expect((await send(second, alice, session, list)).status).toBe(404);
    expect((await send(sidecar, alice, session, "DELETE")).status).toBe(200);
  });
});

describe("the official client", () => {
  it("goes on with its session at another replica, and no other client does", async () => {
    const server = await startDualEraServer();
    atEnd(() => server.close());
    const [first, second] = [
      await start({}, { upstream: server.url }),
      await start({}, { upstream: server.url }),
    ];
    const opened = await connectV1(first.url, { headers: alice });
    const { sessionId = "" } = opened.transport;
    expect(sessionId).toMatch(/\.[\w-]{32}$/);
    const moved = await connectV1(second.url, { headers: alice, sessionId });
    expect(await moved.listTools()).toContain("greet");
    const stolen = await connectV1(second.url, { headers: mallory, sessionId });
    await expect(stolen.listTools()).rejects.toThrow("Session not found");
    await moved.transport.terminateSession();
    await expect(opened.listTools()).rejects.toThrow();
    for (const client of [opened, moved, stolen]) await client.close();
  });
});

function swapped(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
