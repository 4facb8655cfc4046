/**
 * A loopback stand-in for the service behind a server: it records each request and answers it.
 *
 * It listens for plain HTTP, for HTTP of a proxy, for CONNECT, and for TLS under any name.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";

import { newAuthority, newCertificate } from "../../fixtures/certificates.ts";

export interface Received {
  readonly method: string;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

export interface StandIn {
  readonly port: number;
  readonly tlsPort: number;
  /** The file of the authority that signed the names of the stand-in. */
  readonly authority: string;
  /** One line for each request since the last call. */
  readonly drain: () => string[];
  readonly close: () => Promise<void>;
}

/** `reply` may return nothing for an empty object. Requests that `isNoise` names are answered and not recorded. */
export async function startStandIn(
  reply: (request: Received) => Reply | undefined,
  isNoise: (request: Received) => boolean = () => false,
): Promise<StandIn> {
  const lines: string[] = [];
  const serve = (scheme: string) => async (request: IncomingMessage, response: ServerResponse) => {
    const received = await read(request);
    if (!isNoise(received))
      lines.push(`${received.method} ${scheme}://${received.host}${received.path} ${received.body}`.trim());
    const { status = 200, type = "application/json", body } = reply(received) ?? { body: "{}" };
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
  };
  const identity = await Identity.make();
  const tls = createTlsServer({ SNICallback: identity.choose }, (request, response) => {
    void serve("https")(request, response);
  });
  const plain = createServer((request, response) => void serve("http")(request, response));
  const tlsPort = await listen(tls);
  plain.on("connect", (_request: IncomingMessage, socket: Socket, head: Buffer) => {
    const inner = connect(tlsPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      inner.write(head);
      socket.pipe(inner).pipe(socket);
    });
    for (const end of [socket, inner])
      end.on("error", () => [socket, inner].forEach((each) => each.destroy()));
  });
  const port = await listen(plain);
  return {
    port,
    tlsPort,
    authority: identity.file,
    drain: () => lines.splice(0),
    close: async () => {
      for (const server of [plain, tls]) {
        server.close();
        server.closeAllConnections();
      }
      identity.remove();
      await Promise.resolve();
    },
  };
}

async function listen(server: ReturnType<typeof createServer | typeof createTlsServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = "", url = "" } = request;
  const isWhole = url.startsWith("http://");
  const path = isWhole ? url.slice(url.indexOf("/", 7)) : url;
  return { method, host: request.headers.host ?? "", path, body: Buffer.concat(chunks).toString("utf8") };
}

/** An authority of its own, and a certificate for each name that a client asks for. */
class Identity {
  readonly file: string;
  readonly #folder: string;
  readonly #authority: Awaited<ReturnType<typeof newAuthority>>;
  readonly #contexts = new Map<string, Promise<SecureContext>>();

  private constructor(authority: Awaited<ReturnType<typeof newAuthority>>) {
    this.#authority = authority;
    this.#folder = mkdtempSync(join(tmpdir(), "stand-in-"));
    this.file = join(this.#folder, "authority.pem");
    writeFileSync(this.file, authority.cert);
  }

  static async make(): Promise<Identity> {
    return new Identity(await newAuthority("stand-in"));
  }

  readonly choose = (name: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    const context = this.#contexts.get(name) ?? this.#contextFor(name);
    this.#contexts.set(name, context);
    void context.then((made) => done(null, made), done);
  };

  async #contextFor(name: string): Promise<SecureContext> {
    return createSecureContext(await newCertificate(this.#authority, { commonName: name, dns: [name] }));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
