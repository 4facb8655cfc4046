/** One connection to the upstream, with one request in flight at a time (no pipelining). */

import type { Socket } from "node:net";
import { isEventStream, UpstreamError, type UpstreamResponse, type UpstreamFault } from "../../upstream.ts";
import { ResponseParser } from "./response-parser.ts";
import { ResponseStream, type BodySource } from "./response-body.ts";
import type { Connector } from "./connect.ts";
import type { HeaderFields } from "../../http/header-fields.ts";

export interface ConnectionTimeouts {
  readonly connectMs: number;
  /** How long the server may send nothing, before or within a response that is no event stream. */
  readonly idleMs: number;
}

/** Receives the response to one request, or its failure, once. */
export interface ResponseListener {
  readonly onResponse: (response: UpstreamResponse) => void;
  readonly onError: (error: UpstreamError) => void;
}

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  /** Called when the connection can carry another request; `headers` are those of the last response. */
  readonly release: (connection: Connection, headers: HeaderFields) => void;
  readonly closed: (connection: Connection) => void;
}

/** TCP keep-alive: NAT and load balancers drop connections that are quiet for longer. */
const KEEP_ALIVE_PROBE_MS = 15_000;

/** Once the socket is connected, only a TLS handshake can be missing. */
function connectTimeout(isConnecting: boolean): Error {
  const code = isConnecting ? "ETIMEDOUT" : "ERR_TLS_HANDSHAKE_TIMEOUT";
  return Object.assign(new Error("connecting took too long"), { code });
}

export class Connection {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #idleMs: number;
  readonly #connectTimer: NodeJS.Timeout;
  #isReady = false;
  /** The request to write once the connection is established. */
  #unsent: Buffer | undefined;
  #listener: ResponseListener | undefined;
  #parser = new ResponseParser();
  #stream: ResponseStream | undefined;
  /** Whether the response began before its request was written. */
  #isEarly = false;
  #fault: UpstreamFault | undefined;
  #error: Error | undefined;
  /** When the pool closes the connection, if it is idle until then. */
  expiresAtMs = 0;
  /** When the pool stops giving the connection to new requests. */
  retiresAtMs = 0;

  constructor(connector: Connector, { connectMs, idleMs }: ConnectionTimeouts, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#idleMs = idleMs;
    const socket = connector.connect();
    this.#socket = socket;
    this.#connectTimer = setTimeout(() => socket.destroy(connectTimeout(socket.connecting)), connectMs);
    socket.setTimeout(idleMs);
    socket.once(connector.readyEvent, () => this.#onReady());
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.once("end", () => this.#onEnd());
    socket.on("timeout", () => this.#fail("timeout"));
    socket.on("error", (error) => (this.#error = error));
    socket.once("close", () => this.#onClose());
  }

  /** Whether another request can be sent. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Sends one request, on a connection that is new or idle. */
  send(bytes: Buffer, listener: ResponseListener): void {
    this.#listener = listener;
    if (this.#isReady) this.#socket.write(bytes);
    else this.#unsent = bytes;
  }

  /** Closes the connection if it still serves this listener's request. */
  cancel(listener: ResponseListener): void {
    if (this.#listener === listener) this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  #onReady(): void {
    clearTimeout(this.#connectTimer);
    this.#isReady = true;
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    if (this.#unsent !== undefined) this.#socket.write(this.#unsent);
    this.#unsent = undefined;
  }

  #onData(bytes: Buffer): void {
    // Security: bytes without a request must never be read as the response to the next one.
    if (this.#listener === undefined) return void this.#socket.destroy();
    // Security: the response may be a surplus one to an earlier request, so no other request follows it.
    if (this.#socket.writableLength > 0) this.#isEarly = true;
    this.#parser.push(bytes);
    this.#deliver();
  }

  #onEnd(): void {
    if (this.#listener !== undefined) {
      this.#parser.end();
      this.#deliver();
    }
    this.#socket.destroy();
  }

  /** Delivers a response that is complete in the bytes at hand as a buffer, and any other as a stream. */
  #deliver(): void {
    const parser = this.#parser;
    const { head } = parser;
    if (parser.isBroken) return void this.#socket.destroy();
    if (head === undefined) return;
    const data = parser.take();
    if (this.#stream === undefined && parser.isComplete) {
      const { statusCode, headers } = head;
      return this.#end()?.onResponse({ statusCode, headers, bufferedBody: data, connection: this });
    }
    const stream = this.#stream ?? this.#open(new ResponseStream(head, this.#sourceFor(this.#listener)));
    if (data.length > 0 && !stream.push(data)) this.#socket.pause();
    if (!parser.isComplete) return;
    this.#end();
    stream.finish();
  }

  #open(stream: ResponseStream): ResponseStream {
    this.#stream = stream;
    if (isEventStream(stream)) this.#socket.setTimeout(0);
    this.#listener?.onResponse(stream);
    return stream;
  }

  #sourceFor(listener: ResponseListener | undefined): BodySource {
    return {
      resume: () => {
        if (this.#listener === listener) this.#socket.resume();
      },
      abort: () => {
        if (this.#listener === listener) this.#socket.destroy();
      },
      connection: this,
    };
  }

  /** Ends the response: returns the connection to the pool, or closes it. */
  #end(): ResponseListener | undefined {
    const listener = this.#listener;
    const { head, hasExtra } = this.#parser;
    this.#listener = undefined;
    if (this.#stream !== undefined) this.#socket.resume().setTimeout(this.#idleMs);
    this.#stream = undefined;
    this.#parser = new ResponseParser();
    // After a response to a half-sent request, the server would read the rest of it as a new request.
    const isSent = this.#socket.writableLength === 0 && !this.#isEarly;
    if (head?.persists === true && !hasExtra && isSent) this.#owner.release(this, head.headers);
    else this.#socket.destroy();
    return listener;
  }

  #fail(fault: UpstreamFault): void {
    this.#fault = fault;
    this.#socket.destroy();
  }

  #onClose(): void {
    clearTimeout(this.#connectTimer);
    this.#owner.closed(this);
    const listener = this.#listener;
    this.#listener = undefined;
    if (this.#stream !== undefined) return void this.#stream.destroy();
    const fault = this.#fault ?? (this.#isReady ? "broken" : "unreachable");
    // Capturing a stack is expensive: create no error for an idle connection.
    listener?.onError(new UpstreamError(fault, this.#isReady, this.#error));
  }
}
