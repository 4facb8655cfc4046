/** One connection to the upstream: a request, its answer, and then the next; never two at once. */

import type { Socket } from "node:net";
import { isEventStream, UpstreamError, type UpstreamResponse, type UpstreamFault } from "../../upstream.ts";
import { ResponseParser } from "./response-parser.ts";
import { ResponseStream, type BodySource } from "./response-body.ts";
import type { Connector } from "./connect.ts";
import type { HeaderFields } from "../../http/header-fields.ts";

export interface ConnectionTimeouts {
  readonly connectMs: number;
  /** How long the server may be silent, on any answer that is not a stream. */
  readonly idleMs: number;
}

/** Who waits for an answer; hears of it once. */
export interface ResponseListener {
  readonly onResponse: (answer: UpstreamResponse) => void;
  readonly onError: (error: UpstreamError) => void;
}

/** Where a connection is kept. */
export interface ConnectionOwner {
  /** It can carry another request; `headers` are those of its last answer. */
  readonly release: (connection: Connection, headers: HeaderFields) => void;
  readonly closed: (connection: Connection) => void;
}

/** Quiet streams are kept through whatever forgets quiet connections on the way. */
const KEEP_ALIVE_PROBE_MS = 15_000;

export class Connection {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #idleMs: number;
  readonly #connectTimer: NodeJS.Timeout;
  #isReady = false;
  /** What goes out as soon as the connection stands. */
  #unsent: Buffer | undefined;
  #listener: ResponseListener | undefined;
  #parser = new ResponseParser();
  #stream: ResponseStream | undefined;
  #fault: UpstreamFault | undefined;
  #error: Error | undefined;
  /** When its home gives it up, if nobody has used it. */
  expiresAtMs = 0;

  constructor(dialer: Connector, { connectMs, idleMs }: ConnectionTimeouts, home: ConnectionOwner) {
    this.#owner = home;
    this.#idleMs = idleMs;
    const socket = dialer.connect();
    this.#socket = socket;
    this.#connectTimer = setTimeout(() => this.#fail("unreachable"), connectMs);
    socket.setTimeout(idleMs);
    socket.once(dialer.readyEvent, () => this.#onReady());
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.once("end", () => this.#onEnd());
    socket.on("timeout", () => this.#fail("timeout"));
    socket.on("error", (error) => (this.#error = error));
    socket.once("close", () => this.#onClose());
  }

  /** Whether another request can be sent; a connection that is ending is kept until it is gone. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Sends the bytes of one request, on a connection that is new or free. */
  send(bytes: Buffer, asker: ResponseListener): void {
    this.#listener = asker;
    if (this.#isReady) this.#socket.write(bytes);
    else this.#unsent = bytes;
  }

  /** Ends the connection when this one is still being answered on it. */
  cancel(asker: ResponseListener): void {
    if (this.#listener === asker) this.#socket.destroy();
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
    // Security: what nobody asked for must never be read as the answer to the next request.
    if (this.#listener === undefined) return void this.#socket.destroy();
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

  /** Hands on what the reader has: an answer that is whole at once, any other as a stream. */
  #deliver(): void {
    const reader = this.#parser;
    const { head } = reader;
    if (reader.isBroken) return void this.#socket.destroy();
    if (head === undefined) return;
    const data = reader.take();
    if (this.#stream === undefined && reader.isComplete) {
      const { statusCode, headers } = head;
      return this.#end()?.onResponse({ statusCode, headers, bufferedBody: data });
    }
    const stream = this.#stream ?? this.#open(new ResponseStream(head, this.#sourceFor(this.#listener)));
    if (data.length > 0 && !stream.push(data)) this.#socket.pause();
    if (!reader.isComplete) return;
    this.#end();
    stream.finish();
  }

  #open(stream: ResponseStream): ResponseStream {
    this.#stream = stream;
    if (isEventStream(stream)) this.#socket.setTimeout(0);
    this.#listener?.onResponse(stream);
    return stream;
  }

  #sourceFor(asker: ResponseListener | undefined): BodySource {
    return {
      resume: () => {
        if (this.#listener === asker) this.#socket.resume();
      },
      abort: () => {
        if (this.#listener === asker) this.#socket.destroy();
      },
    };
  }

  /** The answer is over: nobody waits any more, and the connection is free or done with. */
  #end(): ResponseListener | undefined {
    const asker = this.#listener;
    const { head, hasExtra } = this.#parser;
    this.#listener = undefined;
    if (this.#stream !== undefined) this.#socket.resume().setTimeout(this.#idleMs);
    this.#stream = undefined;
    this.#parser = new ResponseParser();
    // An answer that came before its request was sent leaves the rest of that to be read as another.
    const isSent = this.#socket.writableLength === 0;
    if (head?.persists === true && !hasExtra && isSent) this.#owner.release(this, head.headers);
    else this.#socket.destroy();
    return asker;
  }

  #fail(fault: UpstreamFault): void {
    this.#fault = fault;
    this.#socket.destroy();
  }

  #onClose(): void {
    clearTimeout(this.#connectTimer);
    this.#owner.closed(this);
    const asker = this.#listener;
    this.#listener = undefined;
    if (this.#stream !== undefined) return void this.#stream.destroy();
    const fault = this.#fault ?? (this.#isReady ? "broken" : "unreachable");
    // An error costs its stack: none is made when nobody waits.
    asker?.onError(new UpstreamError(fault, this.#isReady, this.#error));
  }
}
