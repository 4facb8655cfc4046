import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
  type Bridge,
  modernRequest,
  openBridge,
  stdioServer,
  asStream,
  readBody,
} from "../../fixtures/bridge.ts";
import { isRunning } from "../../fixtures/processes.ts";
import { until } from "../../fixtures/start-sidecar.ts";

const TOKEN_1 = { progressToken: 1 };
const PROGRESS =
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":1}}';

let bridge: Bridge;

beforeEach(async () => {
  bridge = await openBridge(stdioServer("puppet"));
});
afterEach(() => bridge.close());

async function ask(id: number, method: string, params: object = {}, meta: object = {}): Promise<string> {
  return readBody(await bridge.post(...modernRequest(id, method, params, meta)).response);
}

/** The lines that the shared child has read so far. */
async function received(): Promise<string> {
  return ask(99, "test/received");
}

describe("the child that modern clients share", () => {
  it("responds to each of 1,000 clients that all use id 1 and token 1, and to none with messages of another", async () => {
    const asked = Array.from({ length: 1_000 }, (_, client) =>
      ask(1, "test/echo", { client, print: [PROGRESS], together: 1_000 }, TOKEN_1),
    );
    for (const [client, answer] of (await Promise.all(asked)).entries()) {
      const messages = dataOf(answer);
      expect(messages).toMatchObject([
        { method: "notifications/progress", params: { progressToken: 1, progress: 1 } },
        { id: 1, result: { heard: { params: { client } } } },
      ]);
    }
  });

  it("keeps every token of a request and its response", async () => {
    const tokens = '"big":12345678901234567890,"one":1.0,"tiny":1e-7,"text":"\\u00e9\\n"';
    const [message, headers] = modernRequest(1, "test/echo");
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    const exact = text.replace('"params":{', `"params":{${tokens},`);
    const answer = await readBody(await bridge.postText(exact, headers).response);
    expect(answer).toContain(tokens);
    expect(answer).toContain('"id":1');
  });

  it("keeps string ids and string progress tokens", async () => {
    const [message, headers] = modernRequest(
      0,
      "test/echo",
      { print: [PROGRESS] },
      { progressToken: "p\n1" },
    );
    const answer = await readBody(await bridge.post({ ...message, id: 'a"1' }, headers).response);
    expect(dataOf(answer)).toMatchObject([{ params: { progressToken: "p\n1" } }, { id: 'a"1' }]);
  });

  it("receives a cancellation, under its own id, when a client disconnects", async () => {
    const exchange = bridge.post(...modernRequest(1, "test/echo", { silent: true, mark: "left" }));
    await until(async () => (await received()).includes('\\"mark\\":\\"left\\"'));
    const known = /\\"id\\":(\d+)[^}]*?\\"mark\\":\\"left\\"/.exec(await received())?.[1];
    exchange.abort();
    await expect(exchange.response).rejects.toThrow("upstream broken");
    await until(async () => (await received()).includes(`\\"requestId\\":${known}`));
  });

  it("receives no cancellation by id, which could name another client's request", async () => {
    const waiting = ask(1, "test/echo", { together: 2, client: "one" });
    const { statusCode } = await bridge.post(
      { method: "notifications/cancelled", params: { requestId: 1 } },
      { "mcp-protocol-version": "2026-07-28" },
    ).response;
    expect(statusCode).toBe(202);
    await ask(1, "test/echo", { together: 2, client: "two" });
    expect(await waiting).toContain('"client":"one"');
    expect(await received()).not.toContain("notifications/cancelled");
  });

  it("sends each subscriber its notifications under the subscriber's own id", async () => {
    const changed =
      '{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":$id}}}';
    const listen = { print: [changed], silent: true };
    const heard = await Promise.all(
      [7, 7, 8].map(async (id) => {
        const exchange = bridge.post(...modernRequest(id, "subscriptions/listen", listen));
        const [first] = await asStream(await exchange.response)
          .take(1)
          .toArray();
        exchange.abort();
        return dataOf(String(first));
      }),
    );
    const subscriptions = heard.map(([message]) => JSON.stringify(message).match(/Id":(\d+)/)?.[1]);
    expect(subscriptions).toEqual(["7", "7", "8"]);
  });

  it("has messages dropped that belong to no request", async () => {
    const log =
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"secret"}}';
    expect(await ask(1, "test/echo", { print: [log] })).not.toContain('"method":"notifications/message"');
    expect(bridge.events).toContain("dropped: unmatched");
  });

  it("receives an error at once for a request to the client", async () => {
    await ask(1, "test/echo", { print: ['{"jsonrpc":"2.0","id":"r1","method":"roots/list"}'] });
    await until(async () => (await received()).includes('\\"id\\":\\"r1\\",\\"error\\"'));
  });

  it("has lines dropped and counted that are no message", async () => {
    const print = [
      "Welcome to puppet!",
      '[{"jsonrpc":"2.0"}]',
      '{"jsonrpc":"2.0","id":98,"id":99,"result":{}}',
    ];
    expect(await ask(1, "test/echo", { print })).toContain('"heard"');
    expect(bridge.events.filter((line) => line === "dropped: not_json_rpc")).toHaveLength(3);
  });

  it("serves other clients while one does not read", async () => {
    const padded = PROGRESS.replace('"progress":1', `"progress":1,"message":"${"x".repeat(100_000)}"`);
    const flooded = bridge.post(
      ...modernRequest(1, "test/echo", { print: [padded], times: 200, silent: true }, TOKEN_1),
    );
    const stream = asStream(await flooded.response);
    expect(await ask(1, "test/echo", { client: "other" })).toContain('"client":"other"');
    await until(() => stream.destroyed);
    expect(stream.complete).toBe(false);
    await until(async () => (await received()).includes("notifications/cancelled"));
  });

  it("fails the requests in flight when it exits, and is restarted", async () => {
    const first = pidOf(await received());
    const waiting = bridge.post(...modernRequest(1, "test/echo", { silent: true })).response;
    const failed = expect(waiting).rejects.toMatchObject({ fault: "broken", wasSent: true });
    await expect(bridge.post(...modernRequest(1, "test/echo", { exit: 1 })).response).rejects.toThrow(
      "broken",
    );
    await failed;
    expect(bridge.upstream.isUp).toBe(false);
    await until(() => bridge.upstream.isUp);
    expect(bridge.events).toContain("restart");
    const second = pidOf(await received());
    expect([second === first, isRunning(first), isRunning(second)]).toEqual([false, false, true]);
  });
});

describe("modern requests", () => {
  it.each(["mcp-protocol-version", "mcp-method"])("are refused without the header %s", async (name) => {
    const [message, headers] = modernRequest(5, "test/echo");
    const { [name]: _missing, ...others } = headers;
    const answer = await bridge.post(message, others).response;
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(await readBody(answer))).toMatchObject({ id: 5, error: { code: -32_020 } });
  });

  it.each([
    ["with a protocol version that the server does not support", "protocolVersion", '"2099-01-01"', -32_022],
    ["without the client's capabilities", "clientCapabilities", undefined, -32_602],
    [
      "without a protocol version in the body, though the header has one",
      "protocolVersion",
      undefined,
      -32_602,
    ],
  ])("are refused %s", async (_name, key, value, code) => {
    const [message, headers] = modernRequest(5, "test/echo");
    const name = `"io.modelcontextprotocol/${key}":`;
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    const given = new RegExp(`${name}(?:\\{\\}|"[^"]*")`);
    const changed = text.replace(given, value === undefined ? `"x-${key}":0` : name + value);
    const withoutVersion =
      value === undefined ? headers : { ...headers, "mcp-protocol-version": "2099-01-01" };
    const answer = await bridge.postText(changed, withoutVersion).response;
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(await readBody(answer))).toMatchObject({ id: 5, error: { code } });
  });

  it("get the response of a legacy server when the child is one", async () => {
    const legacy = await openBridge(stdioServer("puppet", "legacy"));
    for (const method of ["server/discover", "tools/list"]) {
      const answer = await legacy.post(...modernRequest(1, method)).response;
      expect(answer.statusCode).toBe(400);
      expect(JSON.parse(await readBody(answer))).toMatchObject({ id: null, error: { code: -32_000 } });
    }
    await legacy.close();
  });

  it("get it also when the child exits on the probe, and the command stays up", async () => {
    const strict = await openBridge(stdioServer("ends-before-initialize"));
    const answer = await strict.post(...modernRequest(1, "server/discover")).response;
    expect(answer.statusCode).toBe(400);
    expect(strict.events).not.toContain("down");
    expect(await strict.initialize()).toMatch(/^[0-9a-f-]{36}$/);
    await strict.close();
  });
});

function dataOf(stream: string): object[] {
  const lines = stream.split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line): object => JSON.parse(line.slice("data: ".length)));
}

function pidOf(answer: string): number {
  return Number(/"pid":(\d+)/.exec(answer)?.[1]);
}
