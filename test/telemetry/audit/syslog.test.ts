/** Audit records on their way to a syslog receiver. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import type { SyslogTarget } from "../../../src/telemetry/audit/audit-target.ts";
import { octetCounted, syslogMessage } from "../../../src/telemetry/audit/syslog-message.ts";
import { atEnd } from "../../fixtures/lifetime.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { exampleRequest, observe } from "../examples.ts";

const MESSAGE = /^<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ tollgate \d+ audit - (\{.*\})$/;

/** The messages of a stream framed by octet counting. */
function unframed(bytes: Buffer): readonly string[] {
  const [, length = ""] = /^(\d+) /.exec(bytes.subarray(0, 12).toString("latin1")) ?? [];
  if (length === "") return [];
  const start = length.length + 1;
  const end = start + Number(length);
  return [bytes.subarray(start, end).toString(), ...unframed(bytes.subarray(end))];
}

interface Receiver {
  readonly port: number;
  readonly messages: () => readonly string[];
  /** Cuts every connection. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
}

async function receive(server: Server, where: number | string): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let bytes = Buffer.alloc(0);
  server.on("secureConnection" in server ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
  });
  if (typeof where === "string") server.listen(where);
  else server.listen(where, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const stop = async (): Promise<void> => {
    cut();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  atEnd(stop);
  const address = server.address() as AddressInfo | string | null;
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return { port, messages: () => unframed(bytes), cut, stop };
}

function audited(target: SyslogTarget) {
  const lost: { records: number; errors: unknown[] } = { records: 0, errors: [] };
  const audit = openAudit({
    target,
    server: "s",
    onDropped: (records, error) => {
      lost.records += records;
      lost.errors.push(error);
    },
  });
  atEnd(async () => audit.close());
  return { audit, lost, call: () => observe(audit.observer, exampleRequest()) };
}

function recordIn(message: string): Record<string, unknown> {
  const [, record] = MESSAGE.exec(message) ?? [];
  if (record === undefined) throw new Error(`not a message: ${message}`);
  return JSON.parse(record) as Record<string, unknown>;
}

describe("a syslog message", () => {
  it("counts bytes, not characters", () => {
    const frame = octetCounted(syslogMessage('{"tool":"ü\u{1F600}"}', 0)).toString();
    const [, length, message = ""] = /^(\d+) (.*)$/.exec(frame) ?? [];
    expect(Number(length)).toBe(Buffer.byteLength(message));
    expect(message).toMatch(/^<110>1 1970-01-01T00:00:00\.000Z /);
  });
});

describe("records in syslog", () => {
  it.each(["tcp", "unix"] as const)("arrive over %s, one message each, in order", async (transport) => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-syslog-"));
    atEnd(async () => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "log");
    const receiver = await receive(createServer(), transport === "unix" ? path : 0);
    const { call, lost } = audited(
      transport === "unix"
        ? { kind: "syslog", transport, path }
        : { kind: "syslog", transport, host: "127.0.0.1", port: receiver.port },
    );
    for (let nth = 0; nth < 200; nth += 1) call();
    await until(() => receiver.messages().length === 200);
    expect(receiver.messages().map(recordIn)).toHaveLength(200);
    expect(recordIn(receiver.messages()[0] ?? "")).toMatchObject({ server: "s", effect: "allow" });
    expect(lost.records).toBe(0);
  });

  it("arrive over UDP, one datagram each, and one that is too long is lost and counted", async () => {
    const socket = createSocket("udp4");
    const messages: string[] = [];
    socket.on("message", (bytes) => void messages.push(bytes.toString()));
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    atEnd(async () => void socket.close());
    const target = {
      kind: "syslog",
      transport: "udp",
      host: "127.0.0.1",
      port: socket.address().port,
    } as const;
    const { audit, call, lost } = audited(target);
    call();
    await until(() => messages.length === 1);
    expect(recordIn(messages[0] ?? "")).toMatchObject({ effect: "allow" });
    const policies = Array.from({ length: 2_000 }, (_, nth) => `digest-of-a-long-list-of-policies-${nth}`);
    audit.observer.controlled?.({ atMs: 0, action: "reload", by: "tollgate", policies });
    await until(() => lost.records === 1);
    call();
    await until(() => messages.length === 3);
    expect(messages.slice(1).map(recordIn)).toContainEqual(
      expect.objectContaining({ control: expect.objectContaining({ action: "records_lost", count: 1 }) }),
    );
  });

  it("wait for a receiver that is away, and arrive when it is there", async () => {
    const [port = 0] = await freePorts(1);
    const { call, lost } = audited({ kind: "syslog", transport: "tcp", host: "127.0.0.1", port });
    call();
    const receiver = await receive(createServer(), port);
    await until(() => receiver.messages().length === 1);
    receiver.cut();
    await until(async () => {
      call();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return receiver.messages().length > 1;
    });
    expect(lost.records).toBe(0);
  });

  it("are lost and counted when more wait than may, and at the end when nothing takes them", async () => {
    const [port = 0] = await freePorts(1);
    const { audit, call, lost } = audited({ kind: "syslog", transport: "tcp", host: "127.0.0.1", port });
    let calls = 0;
    while (lost.records === 0) {
      call();
      calls += 1;
    }
    expect(calls).toBeGreaterThan(1_000);
    await audit.close();
    expect(lost.records).toBe(calls);
    expect(String(lost.errors.at(-1))).toContain("ECONNREFUSED");
  });

  it("do not go over TLS to a receiver whose certificate no trusted authority signed", async () => {
    const { generate } = await import("selfsigned");
    const pems = await generate([{ name: "commonName", value: "localhost" }]);
    const receiver = await receive(createTlsServer({ key: pems.private, cert: pems.cert }), 0);
    const { audit, call, lost } = audited({
      kind: "syslog",
      transport: "tls",
      host: "localhost",
      port: receiver.port,
      tls: {},
    });
    call();
    await audit.close();
    expect(lost.records).toBe(1);
    expect(receiver.messages()).toEqual([]);
  });
});
