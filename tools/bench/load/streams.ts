/** Opens many streams: one GET each, on its own connection, by sockets that only read. */

import { connect, type Socket } from "node:net";
import type { Subject } from "../subjects/subject.ts";
import { headersOf } from "./request.ts";

/** Streams opened at a time, so that the backlog of a listener does not overflow. */
const BATCH = 200;

export interface OpenStreams {
  readonly close: () => void;
}

/** Opens all streams and waits for the head of each response. @throws when one is refused */
export async function openStreams(subject: Subject, count: number): Promise<OpenStreams> {
  const sockets: Socket[] = [];
  const close = (): void => sockets.forEach((socket) => socket.destroy());
  try {
    while (sockets.length < count) {
      const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, () => openOne(subject));
      sockets.push(...(await Promise.all(batch)));
    }
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}

function openOne(subject: Subject): Promise<Socket> {
  const headers = { ...headersOf(subject), Accept: "text/event-stream" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`GET ${subject.path} HTTP/1.1`, `Host: 127.0.0.1:${subject.port}`, ...lines];
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(subject.port, "127.0.0.1");
  socket.on("error", reject);
  socket.once("close", () => reject(new Error(`${subject.name}: closed a stream`)));
  socket.once("data", (bytes: Buffer) => {
    const line = bytes.toString("latin1").split("\r\n")[0] ?? "";
    if (line.startsWith("HTTP/1.1 200")) resolve(socket);
    else reject(new Error(`${subject.name}: answered a stream with ${line}`));
  });
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  return promise;
}
