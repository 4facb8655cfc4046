/** A listener's life: bound to its address, drained of what is under way, closed. */

import { once } from "node:events";
import type { Server } from "node:http";

/** The port could not be had. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Binds; returns the port, which matters where 0 asked for a free one. @throws ListenError */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const why =
      code === "EADDRINUSE" ? "is taken; choose another, or 0 for a free one" : `cannot be had (${code})`;
    throw new ListenError(`${host}:${port} ${why}`, { cause: error });
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** Takes no new connection, and ends when the last request has; after `deadlineMs` what is left is cut. */
export async function closeListener(server: Server, deadlineMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearTimeout(timer);
}
