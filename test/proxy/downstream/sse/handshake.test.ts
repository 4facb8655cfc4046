/** The revisions of a handshake over HTTP+SSE: the server speaks Streamable HTTP, which 2024-11-05 does not have. */

import { describe, expect, it } from "vitest";
import { atEnd, serve, startSidecar } from "../../../fixtures/lifetime.ts";
import { openSse, type SseClient } from "../../../fixtures/sse-client.ts";

interface Handshake {
  readonly method?: string;
  readonly id?: number;
  readonly params?: { readonly protocolVersion?: string };
}

interface Server {
  /** The revision that the server was asked for. */
  asked?: string | undefined;
  /** The header of the handshake that names a revision. */
  header?: string | undefined;
  /** The headers that name a revision, one for each request after the handshake. */
  readonly headers: (string | undefined)[];
}

const INITIALIZE = { id: 1, method: "initialize" };

/** A client before a server that answers the handshake as given; `agree` gets the revision that it is asked for. */
async function start(
  agree: (asked: string | undefined) => object,
  type = "application/json",
): Promise<{ client: SseClient; server: Server }> {
  const server: Server = { headers: [] };
  const upstream = await serve((body, response, request) => {
    const { method, id, params }: Handshake = body === "" ? {} : JSON.parse(body);
    if (method !== "initialize") {
      server.headers.push(request.headers["mcp-protocol-version"] as string | undefined);
      return id === undefined
        ? void response.writeHead(202).end()
        : JSON.stringify({ jsonrpc: "2.0", id, result: {} });
    }
    server.asked = params?.protocolVersion;
    server.header = request.headers["mcp-protocol-version"] as string | undefined;
    const answer = JSON.stringify({ jsonrpc: "2.0", id, ...agree(server.asked) });
    response.writeHead(200, { "content-type": type });
    return void response.end(type === "application/json" ? answer : `data: ${answer}\n\n`);
  });
  const client = await openSse(
    await startSidecar({ upstream: upstream.url, flags: { "serve-sse": "true" } }),
  );
  atEnd(client.close);
  return { client, server };
}

const agreed = (protocolVersion: string | undefined) => ({ result: { protocolVersion, capabilities: {} } });

describe("the revision of a client of HTTP+SSE", () => {
  it.each([
    { asks: "2024-11-05", server: agreed, asked: "2025-03-26", shown: "2024-11-05" },
    { asks: "2024-10-07", server: agreed, asked: "2025-03-26", shown: "2024-10-07" },
    { asks: "2024-11-05", server: () => agreed("2024-11-05"), asked: "2025-03-26", shown: "2024-11-05" },
    { asks: "2024-11-05", server: () => agreed("2025-11-25"), asked: "2025-03-26", shown: "2025-11-25" },
    { asks: "2025-03-26", server: agreed, asked: "2025-03-26", shown: "2025-03-26" },
    { asks: "2025-06-18", server: agreed, asked: "2025-06-18", shown: "2025-06-18" },
    { asks: "2025-06-18", server: () => agreed("2025-03-26"), asked: "2025-06-18", shown: "2025-03-26" },
    { asks: "old", server: agreed, asked: "old", shown: "old" },
    { asks: undefined, server: () => agreed("2025-03-26"), asked: undefined, shown: "2025-03-26" },
  ])(
    "that asks for $asks reaches the server as $asked, and $shown is shown",
    async ({ asks, server: agree, ...expected }) => {
      for (const type of ["application/json", "text/event-stream"]) {
        const { client, server } = await start(agree, type);
        const { result } = await client.ask({
          ...INITIALIZE,
          params: { protocolVersion: asks, capabilities: {} },
        });
        expect({ asked: server.asked, shown: result?.["protocolVersion"] }).toEqual(expected);
      }
    },
  );

  it("passes an error of the server, and a result without a revision", async () => {
    const params = { protocolVersion: "2024-11-05" };
    const refusing = await start(() => ({ error: { code: -32602, message: "no" } }));
    expect((await refusing.client.ask({ ...INITIALIZE, params })).error?.message).toBe("no");
    const silent = await start(() => ({ result: {} }));
    expect((await silent.client.ask({ ...INITIALIZE, params })).result).toEqual({});
  });

  it("takes spaces in the handshake, and leaves every other member as it was", async () => {
    const { client, server } = await start((asked) => ({
      result: { protocolVersion: asked, extra: [1] },
    }));
    await client.post(
      `{ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2024-11-05" } }`,
    );
    const { result } = await client.ask({ ...INITIALIZE, id: 2, params: { protocolVersion: "2024-11-05" } });
    expect(server.asked).toBe("2025-03-26");
    expect(result).toEqual({ protocolVersion: "2024-11-05", extra: [1] });
  });

  it("is the server's in the header of later requests, whatever header the client sends", async () => {
    const { client, server } = await start(agreed);
    await client.initialize();
    await client.ask({ id: 2, method: "ping" });
    await client.post({ id: 3, method: "ping" }, { "mcp-protocol-version": "2024-11-05" });
    await client.ask({ id: 4, method: "ping" });
    expect(new Set(server.headers)).toEqual(new Set(["2025-03-26"]));
  });

  it("is in no header of the handshake where the server is asked for another", async () => {
    for (const [version, header] of [
      ["2024-11-05", undefined],
      ["2025-06-18", "2025-06-18"],
    ]) {
      const { client, server } = await start(agreed);
      const handshake = { ...INITIALIZE, params: { protocolVersion: version } };
      await client.post(handshake, { "mcp-protocol-version": version ?? "" });
      await client.ask({ id: 2, method: "ping" });
      expect(server.header).toBe(header);
    }
  });
});
