/** The webhook against real receivers: one that takes it, and ones that fail, hang, redirect and refuse. */

import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { Approval } from "../../../src/enforcement/approvals/approval.ts";
import {
  type ApprovalWebhookOptions,
  createApprovalWebhook,
} from "../../../src/sidecar/control/approval-webhook.ts";
import { type LoopbackServer, serveOnLoopback } from "../../fixtures/loopback-server.ts";
import { until } from "../../fixtures/start-sidecar.ts";

const SECRET = "a-secret-of-more-than-22-characters";
const NOW_MS = Date.UTC(2026, 2, 1, 12);

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const servers: LoopbackServer[] = [];
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  for (const server of servers.splice(0)) server.close();
});

async function receive(answer: (response: ServerResponse, number: number, request: IncomingMessage) => void) {
  const received: Received[] = [];
  const server = await serveOnLoopback((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      answer(response, received.length, request);
    });
  });
  servers.push(server);
  return { received, url: new URL(server.url) };
}

function start(url: URL, more: Partial<ApprovalWebhookOptions> = {}) {
  const logged: object[] = [];
  const webhook = createApprovalWebhook({
    url,
    secret: SECRET,
    server: "batches",
    consoleUrl: new URL("http://admin.example.com:9464/"),
    warn: (fields, words) => void logged.push({ ...fields, words }),
    nowMs: () => NOW_MS,
    retryAfterMs: [1, 1, 1],
    ...more,
  });
  closing.push(webhook.close);
  return { webhook, logged };
}

function approval(id = "one"): Approval {
  return {
    id,
    state: "requested",
    agent: "planner",
    tool: "DropTable",
    rule: "/tools/DropTable/action",
    policyDigest: "abc",
    args: { bytes: 20, keys: ["table"] },
    requestedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 900_000,
    calls: 1,
  };
}

const NOT_DELIVERED = "a webhook notification was not delivered";

describe("the approval webhook", () => {
  it("posts a signed notification for each approval that is requested", async () => {
    const { received, url } = await receive((response) => response.end());
    start(url).webhook.notify(approval());
    await until(() => received.length === 1);
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    expect(JSON.parse(body)).toEqual({
      type: "approval_requested",
      id: "one",
      server: "batches",
      agent: "planner",
      tool: "DropTable",
      arguments: { names: ["table"], bytes: 20 },
      rule: "/tools/DropTable/action",
      policy: "abc",
      requested_at: "2026-03-01T12:00:00.000Z",
      expires_at: "2026-03-01T12:15:00.000Z",
      console: "http://admin.example.com:9464/#approvals",
    });
    const timestamp = String(headers["tollgate-timestamp"]);
    expect(Number(timestamp)).toBe(NOW_MS / 1_000);
    const expected = createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
    expect(headers["tollgate-signature"]).toBe(`sha256=${expected}`);
  });

  it("retries when the receiver fails, and stops once the receiver has accepted", async () => {
    const { received, url } = await receive((response, number) => {
      response.statusCode = number < 3 ? 503 : 204;
      response.end();
    });
    const { webhook, logged } = start(url);
    webhook.notify(approval("one"));
    webhook.notify(approval("two"));
    await until(() => received.length === 4);
    expect(received.map(({ body }) => JSON.parse(body).id)).toEqual(["one", "one", "one", "two"]);
    expect(logged).toEqual([]);
  });

  it("gives up after a bounded number of attempts", async () => {
    const { received, url } = await receive((response) => void response.writeHead(500).end());
    const { webhook, logged } = start(url);
    webhook.notify(approval());
    await until(() => logged.length === 1);
    expect(received).toHaveLength(4);
    expect(logged).toEqual([{ approval: "one", because: "status 500", words: NOT_DELIVERED }]);
  });

  it("follows no redirect", async () => {
    const other = await receive((response) => response.end());
    const { received, url } = await receive(
      (response) => void response.writeHead(307, { location: other.url.href }).end(),
    );
    const { webhook, logged } = start(url);
    webhook.notify(approval());
    await until(() => logged.length === 1);
    expect(logged).toMatchObject([{ because: "status 307" }]);
    expect([received.length, other.received.length]).toEqual([1, 0]);
  });

  it("does not retry a request that the receiver refuses", async () => {
    const { received, url } = await receive((response) => void response.writeHead(401).end());
    const { webhook, logged } = start(url);
    webhook.notify(approval());
    await until(() => logged.length === 1);
    expect(received).toHaveLength(1);
  });

  it("times out a receiver that does not respond", async () => {
    const { received, url } = await receive(() => undefined);
    const { webhook, logged } = start(url, { timeoutMs: 20 });
    webhook.notify(approval());
    await until(() => logged.length === 1);
    expect(received).toHaveLength(4);
    expect(logged).toMatchObject([{ because: "no response" }]);
  });

  it("stops retrying when the approval would have expired", async () => {
    const { received, url } = await receive((response) => void response.writeHead(500).end());
    const { webhook, logged } = start(url);
    webhook.notify({ ...approval(), expiresAtMs: NOW_MS + 1 });
    await until(() => logged.length === 1);
    expect(received).toHaveLength(1);
  });

  it("queues a bounded number of notifications, and logs each that it drops", async () => {
    const { received, url } = await receive(() => undefined);
    const { webhook, logged } = start(url, { maxWaiting: 2 });
    for (const id of ["under way", "first", "second", "third"]) webhook.notify(approval(id));
    expect(logged).toEqual([{ approval: "third", words: "the webhook queue is full: notification dropped" }]);
    await until(() => received.length === 1);
  });

  it("drops the queue when it is closed", async () => {
    const { received, url } = await receive(() => undefined);
    const { webhook, logged } = start(url);
    webhook.notify(approval("one"));
    webhook.notify(approval("two"));
    await until(() => received.length === 1);
    webhook.close();
    webhook.notify(approval("three"));
    const { received: later, url: witness } = await receive((response) => response.end());
    start(witness).webhook.notify(approval());
    await until(() => later.length === 1);
    expect([received.length, logged]).toEqual([1, []]);
  });
});
