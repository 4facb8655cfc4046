/**
 * Senders of syslog: UDP (RFC 5426), TCP (RFC 6587), TLS (RFC 5425) and stream sockets of Unix.
 *
 * Written here: no client on npm is kept up that frames by octet counting and reports each loss.
 */

import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { SyslogTarget } from "./audit-target.ts";
import { type LineSender, NONE_LOST } from "./remote-log.ts";
import { octetCounted, syslogMessage } from "./syslog-message.ts";

const CONNECT_MS = 10_000;

/** @throws Error of node:fs when a file of `tls` cannot be read. */
export function createSyslogSender(target: SyslogTarget): LineSender {
  return target.transport === "udp" ? datagramSender(target) : streamSender(connectorFor(target));
}

function connectorFor(target: SyslogTarget): () => Socket {
  if (target.transport === "unix") return () => connectPlain(target.path);
  const { host, port } = target;
  if (target.transport !== "tls") return () => connectPlain(port, host);
  const { ca, cert, key } = target.tls;
  const files = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  // Security: the certificate must be of the host (RFC 5425, section 5.2), and signed by `ca` or an authority that Node trusts.
  const name = isIP(host) === 0 ? { servername: host } : {};
  return () => connectTls({ host, port, ...name, ...files });
}

/** One connection, which is opened again at the next batch after it has ended. */
function streamSender(connect: () => Socket): LineSender {
  let socket: Socket | undefined;
  const opened = async (): Promise<Socket> => {
    if (socket !== undefined) return socket;
    const next = await untilConnected(connect());
    const forget = (): void => void (socket = socket === next ? undefined : socket);
    next.on("error", forget).on("close", forget).on("end", forget).resume();
    return (socket = next);
  };
  return {
    send: async (lines) => {
      const frames = lines.map((line) => octetCounted(syslogMessage(line, Date.now())));
      const open = await opened();
      await written(open, Buffer.concat(frames));
      return NONE_LOST;
    },
    close: () => void socket?.end(),
  };
}

function untilConnected(socket: Socket): Promise<Socket> {
  const event = "encrypted" in socket ? "secureConnect" : "connect";
  socket.setKeepAlive(true).unref();
  return new Promise((resolve, reject) => {
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error("the receiver does not answer")));
    socket.once("error", reject).once(event, () => {
      socket.setTimeout(0).off("error", reject);
      resolve(socket);
    });
  });
}

/** Resolves when the system has taken the bytes; syslog has no acknowledgement. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error("the receiver closed the connection"));
    socket.once("close", onClose);
    socket.write(bytes, (error) => {
      socket.off("close", onClose);
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}

/** One datagram for each record; one that is longer than a datagram may be is lost. */
function datagramSender({ host, port }: { readonly host: string; readonly port: number }): LineSender {
  let socket: DatagramSocket | undefined;
  let refusal: unknown;
  const opened = async (): Promise<DatagramSocket> => {
    if (socket !== undefined) return socket;
    const { address, family } = await lookup(host);
    const next = createSocket(family === 6 ? "udp6" : "udp4").unref();
    await new Promise<void>((resolve, reject) => {
      next.once("error", reject).connect(port, address, () => {
        next.off("error", reject);
        resolve();
      });
    });
    // The system reports at the next datagram that the receiver's host refused one before.
    next.on("error", (error) => void (refusal = error));
    return (socket = next);
  };
  return {
    send: async (lines) => {
      const open = await opened();
      let lost = 0;
      for (const line of lines) {
        const error = await sent(open, syslogMessage(line, Date.now()));
        refusal = error ?? refusal;
        if (error !== undefined) lost += 1;
      }
      const error = refusal;
      refusal = undefined;
      return error === undefined ? NONE_LOST : { lines: Math.max(lost, 1), error };
    },
    close: () => void socket?.close(),
  };
}

function sent(socket: DatagramSocket, message: Buffer): Promise<Error | undefined> {
  return new Promise((resolve) => socket.send(message, (error) => resolve(error ?? undefined)));
}
