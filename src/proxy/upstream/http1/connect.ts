/** Opens sockets to the upstream, plain or TLS. */

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import { hostOf, portOf } from "../health-check.ts";
import { type ClientTls, clientTlsOptions, DEFAULT_TLS } from "./client-tls.ts";

/** Connects to one server, and resumes its last TLS session. */
export class Connector {
  /** The event after which bytes may be sent; with TLS, once the certificate is verified. */
  readonly readyEvent: "connect" | "secureConnect";
  readonly #host: string;
  readonly #port: number;
  readonly #tls: ClientTls;
  #session: Buffer | undefined;
  /** The material that the session was verified with. */
  #verifiedWith: object | undefined;

  constructor(url: URL, tls = DEFAULT_TLS) {
    this.#tls = tls;
    this.readyEvent = url.protocol === "https:" ? "secureConnect" : "connect";
    this.#host = hostOf(url);
    this.#port = portOf(url);
  }

  connect(): Socket {
    const address = { host: this.#host, port: this.#port };
    if (this.readyEvent === "connect") return connect(address);
    const material = this.#tls.material();
    // Security: a resumed session is not verified again, so none outlives the authorities that it was verified with.
    if (material !== this.#verifiedWith) this.#session = undefined;
    this.#verifiedWith = material;
    const options = { ...address, ...clientTlsOptions(this.#tls, this.#host) };
    const session = this.#session;
    const socket = connectTls(session === undefined ? options : { ...options, session });
    socket.on("session", (renewed: Buffer) => {
      if (material === this.#verifiedWith) this.#session = renewed;
    });
    return socket;
  }
}
