/** Takes one request of a client to another replica as it came, and the response back. */

import {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as httpRequest,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { peerAddress } from "../../../identity/hops/trusted-proxy.ts";
import type { Drain } from "../../http/drain.ts";
import { forwardedRequestHeaders, forwardedResponseHeaders } from "../../http/forwarded-headers.ts";

/** Marks a request that was carried once: it is carried no further. */
export const CARRIED_HEADER = "tollgate-carried";

export interface Carriage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** `HOST:PORT` of the replica. */
  readonly address: string;
  /** Keeps connections to the replicas. */
  readonly agent: Agent;
  readonly drain: Drain;
}

/** `unreachable`: nothing was sent; `broken`: the replica may have received the request. Nothing was answered yet. */
export type CarriageFault = "unreachable" | "broken";

const CONNECT_MS = 3_000;
const NOTHING: ReadonlySet<string> = new Set();

/** Resolves with the fault, or with undefined once the response has begun. A response that breaks off ends the client's connection. */
export function carryRequest({
  request,
  response,
  address,
  agent,
  drain,
}: Carriage): Promise<CarriageFault | undefined> {
  const { promise, resolve } = Promise.withResolvers<CarriageFault | undefined>();
  const { method = "GET", url: path = "/" } = request;
  const headers = carriedHeaders(request);
  // Security: the target is given apart, so that none of a client's can name another host.
  const carried = httpRequest({ ...hostAndPort(address), path, method, headers, agent });
  let isConnected = false;
  const timer = setTimeout(() => carried.destroy(new Error("no connection")), CONNECT_MS);
  carried.on("socket", (socket) => {
    whenConnected(socket, () => {
      isConnected = true;
      clearTimeout(timer);
    });
  });
  carried.on("error", () => {
    clearTimeout(timer);
    request.unpipe(carried);
    resolve(isConnected ? "broken" : "unreachable");
  });
  response.on("close", () => carried.destroy());
  carried.on("response", (answer) => {
    resolve(undefined);
    response.writeHead(answer.statusCode ?? 502, forwardedResponseHeaders(answer, true));
    response.flushHeaders();
    // The replica ends its own streams in good order; this one ends those that it carries when it leaves itself.
    if (method === "GET") drain.trackStream(response, () => endEarly(answer, response));
    pipeline(answer, response, () => undefined);
  });
  if (method === "POST") request.pipe(carried);
  else carried.end();
  return promise;
}

function whenConnected(socket: Socket, act: () => void): void {
  if (socket.connecting) socket.once("connect", act);
  else act();
}

function endEarly(answer: IncomingMessage, response: ServerResponse): void {
  answer.unpipe(response);
  response.end();
}

function hostAndPort(address: string): { readonly host: string; readonly port: string } {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port };
}

/** The client's own headers, its credentials and Host included, since the replica checks them all again. */
function carriedHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const { host, "content-length": length, "x-forwarded-for": forwardedFor } = request.headers;
  const hops = [forwardedFor, peerAddress(request.socket)].flat().filter((hop) => hop !== undefined);
  return {
    ...forwardedRequestHeaders(request, NOTHING),
    ...(host !== undefined && { host }),
    ...(length !== undefined && request.method === "POST" && { "content-length": length }),
    ...(hops.length > 0 && { "x-forwarded-for": hops.join(", ") }),
    [CARRIED_HEADER]: "1",
  };
}
