/**
 * A connection to a port of a pod, through the API server and the kubelet, as `kubectl port-forward` makes it.
 * Source: Kubernetes, the API's pods/portforward over WebSocket: subprotocol v4.channel.k8s.io, channel 0 data, channel 1 errors.
 */

import { text } from "node:stream/consumers";
import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { connectionText, refusalText } from "./api-server.ts";
import type { ClusterAccess } from "./cluster-access.ts";

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const DATA = 0;
/** Each channel begins with the port, in two bytes. */
const PORT_BYTES = 2;

/** The connection, at once; a failure to connect is an error of the stream, in words. */
export function connectToPod(access: ClusterAccess, { namespace, pod, port }: PodPort): Duplex {
  const { url, tls, headers } = access;
  const base = url.pathname.replace(/\/$/, "");
  const path = `${base}/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
  const address = new URL(path, url);
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, ["v4.channel.k8s.io"], { ...tls, headers: { ...headers } });
  const connection = new PodConnection(socket);
  socket.once("error", (error) => connection.destroy(new Error(connectionText(access, error))));
  socket.once("unexpected-response", (_request, response) => {
    void text(response).then((body) => {
      const status = response.statusCode ?? 0;
      // The API server does not name the verb that it checks for a WebSocket.
      const need = status === 403 ? "; connecting takes get and create of pods/portforward" : "";
      connection.destroy(new Error(`${refusalText(access, { status, text: body })}${need}`));
    });
  });
  return connection;
}

class PodConnection extends Duplex {
  readonly #socket: WebSocket;
  readonly #opened: Promise<void>;
  readonly #begun = new Set<number>();

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    this.#opened = new Promise((resolve) => void socket.once("open", resolve));
    socket.on("message", (data) => Buffer.isBuffer(data) && this.#receive(data));
    socket.once("close", () => this.push(null));
  }

  override _read(): void {
    // The socket pushes as it receives: an answer of an admin listener is small.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    void this.#opened.then(() => this.#socket.send(Buffer.concat([Buffer.from([DATA]), chunk]), done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  #receive(message: Buffer): void {
    const [channel = DATA] = message;
    const isFirst = !this.#begun.has(channel);
    this.#begun.add(channel);
    const payload = message.subarray(isFirst ? 1 + PORT_BYTES : 1);
    if (payload.length === 0) return;
    if (channel === DATA) this.push(payload);
    else this.destroy(new Error(payload.toString().trim()));
  }
}
