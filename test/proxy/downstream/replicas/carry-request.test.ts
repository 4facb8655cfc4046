/** One request, carried by a real listener to another one on loopback. */

import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import {
  CARRIED_HEADER,
  type CarriageFault,
  carryRequest,
} from "../../../../src/proxy/downstream/replicas/carry-request.ts";
import { Drain } from "../../../../src/proxy/http/drain.ts";
import { freePorts } from "../../../fixtures/free-port.ts";
import { atEnd } from "../../../fixtures/lifetime.ts";
import { readBody, serveOnLoopback } from "../../../fixtures/loopback-server.ts";
import { isWhole, openResponse, sendRequest } from "../../../fixtures/open-loop.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The address of a replica that answers so. */
async function home(handler: Handler): Promise<string> {
  const server = await serveOnLoopback(handler);
  atEnd(server.close);
  return new URL(server.url).host;
}

/** A listener that carries each request to the address, and the faults so far. */
async function carrier(address: string) {
  const faults: (CarriageFault | undefined)[] = [];
  const drain = new Drain();
  const agent = new Agent({ keepAlive: true });
  atEnd(() => agent.destroy());
  const server = await serveOnLoopback(async (request, response) => {
    drain.track(response);
    const fault = await carryRequest({ request, response, address, agent, drain });
    faults.push(fault);
    if (fault !== undefined) response.writeHead(503).end(fault);
  });
  atEnd(server.close);
  return { url: server.url, server: server.server, faults, drain };
}

const MESSAGE = { id: 7, method: "tools/call", params: { name: "run" } };

describe("a carried request", () => {
  it("arrives as the client sent it, with Host and credentials, a mark, and the address of the client", async () => {
    const seen: { headers: IncomingMessage["headers"]; url: string | undefined; body: string }[] = [];
    const address = await home(async (request, response) => {
      seen.push({ headers: request.headers, url: request.url, body: await readBody(request) });
      response.writeHead(202, { "mcp-session-id": "s1.proof", "access-control-allow-origin": "*" }).end("ok");
    });
    const { url } = await carrier(address);
    const headers = {
      host: "orders.example.com",
      authorization: "Bearer t",
      "x-forwarded-for": "192.0.2.7",
      te: "trailers",
    };
    const answer = await sendRequest({ url: `${url}?a=1`, headers, message: MESSAGE });
    expect([answer.status, answer.text, answer.headers["mcp-session-id"]]).toEqual([202, "ok", "s1.proof"]);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    expect(seen).toEqual([
      {
        url: "/mcp?a=1",
        body: JSON.stringify({ jsonrpc: "2.0", ...MESSAGE }),
        headers: expect.objectContaining({
          host: "orders.example.com",
          authorization: "Bearer t",
          "x-forwarded-for": "192.0.2.7, 127.0.0.1",
          [CARRIED_HEADER]: "1",
        }),
      },
    ]);
    expect(seen[0]?.headers).not.toHaveProperty("te");
  });

  it("is at no other host, whatever its target says", async () => {
    const address = await home((request, response) => response.end(request.url));
    const { url } = await carrier(address);
    const { hostname: host, port } = new URL(url);
    const sent = request({ host, port, path: "//192.0.2.1/mcp" }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    expect(await readBody(answer)).toBe("//192.0.2.1/mcp");
  });

  it("passes the events of a stream as they come, and the end of either side on", async () => {
    const closed = Promise.withResolvers<void>();
    const address = await home((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      response.on("close", closed.resolve);
    });
    const { url } = await carrier(address);
    const stream = await openResponse({ url });
    const [first] = await once(stream.setEncoding("utf8"), "data");
    expect(first).toBe("data: 1\n\n");
    stream.destroy();
    await closed.promise;
  });

  it("ends its stream in good order when the carrier leaves", async () => {
    const address = await home((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    });
    const { url, server, drain } = await carrier(address);
    const stream = await openResponse({ url });
    const ended = isWhole(stream);
    await drain.close(server, 500);
    expect(await ended).toBe(true);
  });

  it("cuts the response where the replica breaks off within its own", async () => {
    const address = await home((_request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half");
      setImmediate(() => response.destroy());
    });
    const { url } = await carrier(address);
    const { isWhole: isComplete } = await sendRequest({ url, message: MESSAGE });
    expect(isComplete).toBe(false);
  });

  it("is unreachable where no listener is, and broken where the connection ends without a response", async () => {
    const [port = 0] = await freePorts(1);
    const away = await carrier(`127.0.0.1:${port}`);
    expect((await sendRequest({ url: away.url, message: MESSAGE })).text).toBe("unreachable");
    const broken = await carrier(await home((request) => request.socket.destroy()));
    expect((await sendRequest({ url: broken.url, message: MESSAGE })).text).toBe("broken");
    expect([...away.faults, ...broken.faults]).toEqual(["unreachable", "broken"]);
  });
});
