/** Failures of the server: the client, the log and /readyz name them. */

import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:https";
import { describe, expect, it } from "vitest";
import { newCertificate, newAuthority } from "../fixtures/certificates.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { atEnd, serve } from "../fixtures/lifetime.ts";
import { startLogged } from "../fixtures/logged-tollgate.ts";
import { post } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";

const PING = { method: "ping" };

async function failureBefore(upstream: string): Promise<{ body: string; log: string; status: number }> {
  const { url, log } = await startLogged(upstream, "--log-level", "warn");
  const response = await post(url, PING);
  const body = await response.text();
  await (await post(url, PING)).text();
  await until(() => log().includes("the upstream failed"));
  return { body, log: log(), status: response.status };
}

describe("a server that cannot be used", () => {
  it("is said to refuse connections, once in the log", async () => {
    const [port = 0] = await freePorts(1);
    const { body, log, status } = await failureBefore(`http://127.0.0.1:${port}/mcp?k=HIDDEN`);
    expect(status).toBe(502);
    expect(body).toContain("cannot be reached: it refuses connections");
    expect(log).toContain("ECONNREFUSED");
    expect(log).toContain(`http://127.0.0.1:${port}/mcp`);
    expect(log.split("the upstream failed")).toHaveLength(2);
    expect(log + body).not.toContain("HIDDEN");
  });

  it("is said to have an unknown name", async () => {
    const { body } = await failureBefore("http://no-such-host.invalid/mcp");
    expect(body).toMatch(/cannot be reached: its name (?:is unknown|cannot be looked up)/);
  });

  it("is said to have a certificate that is not trusted, on /readyz too", async () => {
    const { cert, key } = await newCertificate(await newAuthority(), { commonName: "server" });
    const server = createTlsServer({ cert, key }).listen(0, "127.0.0.1");
    atEnd(() => server.close());
    await until(() => server.listening);
    const upstream = `https://127.0.0.1:${Object(server.address()).port}/mcp`;
    const { url, adminUrl, log } = await startLogged(upstream);
    expect(await (await post(url, PING)).text()).toContain(
      "cannot be reached: its certificate is not trusted",
    );
    await until(async () =>
      (await (await fetch(`${adminUrl}/readyz`)).text()).includes("certificate is not trusted"),
    );
    expect(log()).toContain("its certificate is not trusted");
  });

  it("is said not to speak TLS", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    }).listen(0, "127.0.0.1");
    atEnd(() => server.close());
    await until(() => server.listening);
    const { body } = await failureBefore(`https://127.0.0.1:${Object(server.address()).port}/mcp`);
    expect(body).toContain("cannot be reached: it does not speak TLS as expected");
  });

  it.each<readonly [number, string, string, string]>([
    [302, "text/plain", "answered with a redirect", "it answered with a redirect"],
    [
      200,
      "text/html",
      "answered 200 with text/html at this path",
      "it answered 200 with text/html at this path",
    ],
    ...[404, 405, 410].map(
      (status) =>
        [
          status,
          "text/html",
          `answered ${status} with text/html at this path, which is neither JSON nor a stream`,
          `it answered ${status} with text/html at this path`,
        ] as const,
    ),
  ])("is said to answer with what is no MCP: %i", async (status, type, told, logged) => {
    const upstream = await serve((_body, response) => {
      response.writeHead(status, { "content-type": type, location: "/?HIDDEN" }).end("x");
    });
    const { body, log } = await failureBefore(upstream.url);
    expect(body).toContain(told);
    expect(log).toContain(logged);
    expect(log + body).not.toContain("HIDDEN");
  });

  it.each([
    ["401 with a page", 401, "text/html", {}],
    ["404 with a page, of a session", 404, "text/html", { "mcp-session-id": "gone" }],
    ["404 with JSON", 404, "application/json", {}],
  ])("passes a status that tells the client what to do: %s", async (_name, status, type, headers) => {
    const upstream = await serve((_body, response) => {
      response.writeHead(status, { "content-type": type, "www-authenticate": "Bearer" }).end("{}");
    });
    const { url } = await startLogged(upstream.url);
    const response = await post(url, PING, headers);
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([status, "Bearer"]);
  });
});
