/** A socket to the upstream, plain or TLS, on its way. */

import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { hostOf, portOf } from "../health-check.ts";

/** The way to one server; what it remembers of its TLS makes the next handshake short. */
export class Connector {
  /** Which event says that bytes can be sent: with TLS, to a server whose certificate is good. */
  readonly readyEvent: "connect" | "secureConnect";
  readonly #host: string;
  readonly #port: number;
  #session: Buffer | undefined;

  constructor(url: URL) {
    this.readyEvent = url.protocol === "https:" ? "secureConnect" : "connect";
    this.#host = hostOf(url);
    this.#port = portOf(url);
  }

  connect(): Socket {
    const place = { host: this.#host, port: this.#port };
    if (this.readyEvent === "connect") return connect(place);
    const servername = isIP(this.#host) === 0 ? this.#host : "";
    const session = this.#session;
    const options = { ...place, servername, ALPNProtocols: ["http/1.1"] };
    const socket = connectTls(session === undefined ? options : { ...options, session });
    socket.on("session", (fresh: Buffer) => (this.#session = fresh));
    return socket;
  }
}
