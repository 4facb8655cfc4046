/** Opens sockets to the upstream, plain or TLS. */

import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { hostOf, portOf } from "../health-check.ts";

/** Connects to one server, and resumes its last TLS session. */
export class Connector {
  /** The event after which bytes may be sent; with TLS, once the certificate is verified. */
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
    const address = { host: this.#host, port: this.#port };
    if (this.readyEvent === "connect") return connect(address);
    const servername = isIP(this.#host) === 0 ? this.#host : "";
    const session = this.#session;
    const options = { ...address, servername, ALPNProtocols: ["http/1.1"] };
    const socket = connectTls(session === undefined ? options : { ...options, session });
    socket.on("session", (renewed: Buffer) => (this.#session = renewed));
    return socket;
  }
}
