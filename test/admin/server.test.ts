import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "deny",
  tools: { read: { limits: [{ counter: "reads", window: "day", max: 10, scope: "grant" }] } },
};

let upstream: LoopbackServer;
let sidecar: TestSidecar;

beforeAll(async () => {
  upstream = await serveOnLoopback((request, response) => {
    request.resume();
    sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
  });
  sidecar = await startTestSidecar({ upstream: upstream.url, policy: POLICY });
});
afterAll(async () => {
  await sidecar.stop();
  upstream.close();
});

interface Page {
  readonly decisions: readonly { readonly id: string }[];
  readonly next?: string;
}

async function page(query: string): Promise<Page> {
  const read: Page = JSON.parse(await (await get(`/decisions?${query}`)).text());
  return read;
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(sidecar.adminUrl + path, { headers });
}

async function call(name: string): Promise<void> {
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name, arguments: { secret: "s3cr3t" } },
  });
  await (
    await fetch(sidecar.url, { method: "POST", headers: { "content-type": "application/json" }, body })
  ).text();
}

describe("admin listener", () => {
  it("is alive without the upstream", async () => {
    expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
  });

  it("is ready when the upstream accepts connections", async () => {
    await until(async () => (await get("/readyz")).status === 200);
    expect(await (await get("/readyz")).json()).toEqual({ ready: true, because: [] });
  });

  it("is not ready without the upstream, and names the reason", async () => {
    const lonely = await startTestSidecar({ upstream: "http://127.0.0.1:1/mcp" });
    const response = await fetch(`${lonely.adminUrl}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      because: ["the upstream at 127.0.0.1:1 does not accept connections"],
    });
    await lonely.stop();
  });

  it("writes metrics piece by piece, so that a long scrape delays no call", async () => {
    const { headers } = await get("/metrics");
    expect(headers.get("transfer-encoding")).toBe("chunked");
  });

  it("serves metrics as text, and as OpenMetrics when asked", async () => {
    const text = await get("/metrics");
    expect(text.headers.get("content-type")).toContain("text/plain");
    expect(await text.text()).not.toContain("# EOF");
    const open = await get("/metrics", { accept: "application/openmetrics-text; version=1.0.0" });
    expect(open.headers.get("content-type")).toContain("application/openmetrics-text");
    expect((await open.text()).trimEnd()).toMatch(/# EOF$/);
  });

  it("shows the policy in force and its digest", async () => {
    expect(await (await get("/policy")).json()).toMatchObject({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      mode: "enforce",
      default: "deny",
      last_error: null,
      rules: ["/tools/read/limits/reads-per-day"],
      document: POLICY,
    });
  });

  it("shows the latest decisions, each by its id, without any argument's value", async () => {
    await call("read");
    await call("unlisted");
    const text = await (await get("/decisions?limit=2")).text();
    const { decisions } = JSON.parse(text) as { decisions: { id: string }[] };
    expect(decisions).toMatchObject([
      {
        effect: "deny",
        denial: { reason: "default_deny", rule: "(default deny)" },
        argumentNames: ["secret"],
      },
      { effect: "allow", outcome: "success" },
    ]);
    expect(text).not.toContain("s3cr3t");
    expect(await (await get(`/decisions/${decisions[0]?.id}`)).json()).toMatchObject({ ...decisions[0] });
  });

  it("lists the decisions that match the query", async () => {
    await call("read");
    await call("unlisted");
    const { decisions } = (await (await get("/decisions?effect=deny&limit=1000")).json()) as {
      decisions: { effect: string }[];
    };
    expect(new Set(decisions.map(({ effect }) => effect))).toEqual(new Set(["deny"]));
    expect(await (await get("/decisions?tool=nothing")).json()).toEqual({ decisions: [] });
  });

  it("lists the decisions in pages, and within a range of times", async () => {
    for (let count = 0; count < 5; count += 1) await call("read");
    const all = await page("limit=1000");
    expect(all.next).toBeUndefined();
    const pages = [await page("limit=3")];
    for (let one = pages[0]; one?.next !== undefined; one = pages.at(-1))
      pages.push(await page(`limit=3&before=${one.next}`));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flatMap(({ decisions }) => decisions)).toEqual(all.decisions);
    expect((await page("since=2020-01-01&until=2999-01-01T00:00:00Z&limit=1000")).decisions).toEqual(
      all.decisions,
    );
    expect((await page("since=2999-01-01")).decisions).toEqual([]);
    expect((await page("until=2020-01-01T00:00:00%2B02:00")).decisions).toEqual([]);
  });

  it("streams decisions as they are made, without any argument's value", async () => {
    const hangUp = new AbortController();
    const response = await fetch(`${sidecar.adminUrl}/decisions/stream?effect=deny`, {
      signal: hangUp.signal,
    });
    let text = "";
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    await call("read");
    await call("unlisted");
    await until(() => text.includes("\nevent: decision\ndata: "));
    expect(text).toContain('"tool":"unlisted"');
    expect(text).not.toContain('"tool":"read"');
    expect(text).not.toContain("s3cr3t");
    hangUp.abort();
    await reading;
  });

  it.each([
    ["/decisions?effect=denied", 400],
    ["/decisions/stream?colour=red", 400],
    ["/decisions/unheard", 404],
    ["/decisions?limit=0", 400],
    ["/decisions?limit=x", 400],
    ["/decisions?limit=1001", 400],
    ["/decisions?before=unheard", 400],
    ["/decisions?before=a&before=b", 400],
    ["/decisions?since=yesterday", 400],
    ["/decisions?until=2026-07-01T12:00", 400],
    ["/decisions?until=2026-02-31T99:00:00Z", 400],
    ["/unheard", 404],
  ])("answers %s with %d and says what is wrong", async (path, status) => {
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("error");
  });

  it("refuses a Host that is not its own", async () => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    httpRequest(`${sidecar.adminUrl}/metrics`, { headers: { host: "rebound.example.com" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
    expect(await promise).toBe(403);
  });
});
