/** Decisions as events: which client receives which, and the closing of a slow client. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { matchesFilter, readDecisionFilter } from "../../../src/telemetry/recent/decision-filter.ts";
import {
  createDecisionStreams,
  type DecisionStreams,
} from "../../../src/telemetry/recent/decision-streams.ts";
import { createDecisions, type Decisions } from "../../../src/telemetry/recent/decision-buffer.ts";
import { type LoopbackServer, serveOnLoopback } from "../../fixtures/loopback-server.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import {
  ALLOWED,
  DENIED,
  denied,
  exampleAgent,
  exampleRequest,
  exampleTool,
  latest,
  observe,
} from "../examples.ts";

let decisions: Decisions;
let streams: DecisionStreams;
let server: LoopbackServer;
let subscriptions: { readonly now: number };

beforeEach(async () => {
  decisions = createDecisions({ capacity: 10 });
  const counter = { now: 0 };
  subscriptions = counter;
  const subscribe: Decisions["subscribe"] = (listener) => {
    counter.now += 1;
    const unsubscribe = decisions.subscribe(listener);
    return () => {
      counter.now -= 1;
      unsubscribe();
    };
  };
  streams = createDecisionStreams(subscribe, {
    maxClients: 2,
    maxWaitingBytes: 100_000,
    heartbeatMs: 5,
  });
  server = await serveOnLoopback((request, response) => {
    const { most, ...query } = Object.fromEntries(new URL(request.url ?? "", "http://x").searchParams);
    const { filter = {} } = readDecisionFilter(query, []);
    const options = { filter, ...(most !== undefined && { maxPerPiece: Number(most) }) };
    if (!streams.open(response, options)) response.writeHead(503).end();
  });
});
afterEach(() => server.close());

interface Client {
  readonly text: () => string;
  readonly close: () => void;
}

async function listen(query = ""): Promise<Client> {
  const abort = new AbortController();
  const response = await fetch(server.url + query, { signal: abort.signal });
  let text = "";
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  };
  read().catch(() => undefined);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  return { text: () => text, close: () => abort.abort() };
}

/** A client that asks and then reads nothing. */
async function listenWithoutReading(): Promise<Socket> {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  const before = streams.size();
  socket.write("GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => streams.size() > before);
  return socket;
}

function eventsIn(text: string): Record<string, unknown>[] {
  return [...text.matchAll(/^id: (\S+)\nevent: decision\ndata: (.*)$/gm)].map(
    ([, , data = ""]): Record<string, unknown> => JSON.parse(data),
  );
}

describe("a stream", () => {
  it("sends a denied call at once, and any other call when it has ended", async () => {
    const client = await listen();
    const [first, second] = [exampleRequest(), exampleRequest()];
    decisions.observer.requestDecided?.(second, ALLOWED);
    observe(decisions.observer, first, denied(), DENIED);
    observe(decisions.observer, second);
    await until(() => eventsIn(client.text()).length === 2);
    expect(eventsIn(client.text())).toMatchObject([
      { id: first.id, effect: "deny", denial: { reason: "rate_limited" } },
      { id: second.id, effect: "allow", outcome: "success" },
    ]);
    client.close();
  });

  it("sends only the decisions that match the filter", async () => {
    const client = await listen("?agent=b&effect=deny");
    observe(decisions.observer, exampleRequest({ agent: exampleAgent("a") }), denied(), DENIED);
    observe(decisions.observer, exampleRequest({ agent: exampleAgent("b") }));
    observe(decisions.observer, exampleRequest({ agent: exampleAgent("b") }), denied(), DENIED);
    await until(() => eventsIn(client.text()).length > 0);
    expect(eventsIn(client.text())).toMatchObject([{ agent: { name: "b" }, effect: "deny" }]);
    client.close();
  });

  it("sends a comment as a heartbeat while there are no decisions", async () => {
    const client = await listen();
    await until(() => client.text().includes(": alive\n\n: alive\n\n"));
    client.close();
  });

  it("is refused past the maximum of clients, and accepted again when one has ended", async () => {
    const clients = [await listen(), await listen()];
    expect((await fetch(server.url)).status).toBe(503);
    clients[0]?.close();
    await until(() => streams.size() === 1);
    const third = await listen();
    for (const client of [clients[1], third]) client?.close();
    await until(() => streams.size() === 0);
  });

  it("is closed when its client does not keep up, and the others continue", async () => {
    const slow = await listenWithoutReading();
    const client = await listen();
    let sent = 0;
    // The kernel takes some megabytes for a reader before they begin to wait here.
    while (streams.size() === 2) {
      observe(decisions.observer, exampleRequest({ tool: exampleTool("x".repeat(250)) }));
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => eventsIn(client.text()).length === sent);
    slow.destroy();
    client.close();
  });

  it("subscribes to decisions only while it has clients", async () => {
    expect(subscriptions.now).toBe(0);
    const clients = [await listen(), await listen()];
    expect(subscriptions.now).toBe(1);
    for (const client of clients) client.close();
    await until(() => streams.size() === 0);
    expect(subscriptions.now).toBe(0);
  });
});

describe("a filter", () => {
  it.each<[Record<string, unknown>, string]>([
    [{ colour: "red" }, "colour: unknown: must be agent, user, tool, category, effect, reason, limit"],
    [{ effect: "denied" }, "effect: must be allow, deny, would_deny, ask"],
    [{ reason: "x" }, "reason: must be denied_by_rule, "],
    [{ category: "x" }, "category: must be read, "],
    [{ agent: ["a", "b"] }, "agent: must come once"],
  ])("is refused: %j", (parameters, problem) => {
    expect(readDecisionFilter(parameters, ["limit"]).problem).toContain(problem);
  });

  it.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ agent: "" }, true],
    [{ agent: "planner" }, true],
    [{ agent: "plan" }, false],
    [{ tool: "ExecuteQuery", category: "execute", effect: "deny", reason: "rate_limited" }, true],
    [{ tool: "executequery" }, false],
    [{ category: "read" }, false],
    [{ effect: "allow" }, false],
    [{ reason: "hidden" }, false],
  ])("%j", (parameters, isWanted) => {
    observe(decisions.observer, exampleRequest(), denied(), DENIED);
    const [entry] = latest(decisions, 1);
    const { filter = {} } = readDecisionFilter(parameters, []);
    expect(entry && matchesFilter(filter, entry)).toBe(isWanted);
    expect(latest(decisions, 10, filter)).toHaveLength(isWanted ? 1 : 0);
  });
});

describe("a stream with a maximum per piece", () => {
  it("sends the newest decisions of each interval in one piece, with the number of skipped ones", async () => {
    const client = await listen("?most=2");
    await until(() => client.text().includes(": open"));
    for (const name of ["a", "b", "c", "d", "e"])
      observe(decisions.observer, exampleRequest({ agent: exampleAgent(name) }));
    await until(() => client.text().includes('"name":"e"'));
    expect(client.text()).toContain("event: skipped\ndata: 3\n\n");
    expect(client.text().match(/"name":"[a-e]"/g)).toEqual(['"name":"d"', '"name":"e"']);
    observe(decisions.observer, exampleRequest({ agent: exampleAgent("f") }));
    await until(() => client.text().includes('"name":"f"'));
    expect(client.text().match(/event: skipped/g)).toHaveLength(1);
    client.close();
  });
});
