/** Binds a listener to its address and closes it. */

import { once } from "node:events";
import type { Server } from "node:http";

/** The address cannot be bound. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "may not be used by this user; choose a port above 1023",
  EADDRINUSE: "is taken; choose another, or 0 for a free one",
  EADDRNOTAVAIL: "is no address of this machine; name one of its own, or 0.0.0.0 for all",
  EAFNOSUPPORT: "is of a family that this machine does not have; name an address of the other family",
  EAI_AGAIN: "cannot be looked up at present; try again, or name an address",
  ENOTFOUND: "is a name that cannot be found; correct it, or name an address",
  EMFILE: "cannot be had: too many files are open; raise the limit of open files",
};

/** Binds the listener; returns its port, which the system chooses for port 0. @throws ListenError */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    await bindTo(server, host, port);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new ListenError(`${host}:${port} ${REASONS[code] ?? `cannot be had (${code})`}`, { cause: error });
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** `::` is every address of both families; a machine without IPv6 has those of IPv4. */
async function bindTo(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    if (host !== "::" || !(error instanceof Error && "code" in error && error.code === "EAFNOSUPPORT"))
      throw error;
    server.listen(port, "0.0.0.0");
    await once(server, "listening");
  }
}

/** Stops accepting, waits for requests in flight, and cuts the connections that remain after `deadlineMs`. */
export async function closeListener(server: Server, deadlineMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearTimeout(timer);
}
