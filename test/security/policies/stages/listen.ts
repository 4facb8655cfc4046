/** A loopback listener of plain TCP for the stand-ins that do not speak HTTP. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface TcpListener {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** `receive` takes what has come and was not used yet, and returns what is left. */
export async function listenTcp(serve: (socket: Socket) => (bytes: Buffer) => Buffer): Promise<TcpListener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const receive = serve(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket
      .on("data", (bytes: Buffer) => {
        rest = receive(Buffer.concat([rest, bytes]));
      })
      .on("error", () => undefined)
      .on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.resolve();
    },
  };
}
