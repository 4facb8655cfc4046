import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bodyOf,
  type EdgeSidecar,
  HOST,
  request,
  startEdgeSidecar,
  statusOf,
  validPost,
} from "../../fixtures/edge-sidecar.ts";

let edge: EdgeSidecar;
beforeAll(async () => {
  edge = await startEdgeSidecar({});
});
afterAll(() => edge.stop());

const OFFERS: [string, string[]][] = [
  [
    "h2c, as java.net.http.HttpClient writes it",
    [
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    ],
  ],
  ["websocket", ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]],
  ["several protocols", ["Connection: keep-alive, Upgrade", "Upgrade: h2c, TLS/1.2"]],
  ["an offer that Connection does not name", ["Upgrade: h2c"]],
  ["a spelling of its own", ["CONNECTION: UPGRADE", "UPGRADE: H2C"]],
];

describe("an offer to upgrade", () => {
  it.each(OFFERS)("is ignored on a POST, and never forwarded: %s", async (_what, headers) => {
    const before = edge.upstreamSaw.length;
    const response = await edge.send(validPost(headers));
    expect(statusOf(response)).toBe(200);
    expect(bodyOf(response)).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    const seen = edge.upstreamSaw.slice(before);
    expect(seen).toHaveLength(1);
    expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => /upgrade|http2/.test(name))).toEqual([]);
    expect(seen[0]?.headers.connection ?? "").not.toMatch(/upgrade/i);
  });

  it.each(["GET", "DELETE"])("is ignored on a %s", async (method) => {
    const before = edge.upstreamSaw.length;
    await edge.send(request(`${method} /mcp HTTP/1.1`, [HOST, "Connection: Upgrade", "Upgrade: websocket"]));
    expect(edge.upstreamSaw.slice(before)).toMatchObject([{ method, url: "/mcp" }]);
  });

  it("does not spare a request the other checks", async () => {
    const headers = ["Connection: Upgrade", "Upgrade: h2c", "Origin: https://evil.example"];
    expect(statusOf(await edge.send(validPost(headers)))).toBe(403);
  });

  it("ends the connection, so that nothing behind it is read from its middle", async () => {
    const before = edge.upstreamSaw.length;
    const socket = connect(edge.port, "127.0.0.1");
    socket.resume();
    socket.write(validPost(["Connection: Upgrade", "Upgrade: h2c"]) + validPost([]));
    await once(socket, "close");
    expect(edge.upstreamSaw.length).toBe(before + 1);
  });
});
