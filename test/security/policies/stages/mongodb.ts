/** A loopback stand-in for MongoDB: notes each command, and answers it with nothing found. */

import { createRequire } from "node:module";
import { join } from "node:path";
import type { Socket } from "node:net";

import type { Backend, Place } from "../stage.ts";
import { listenTcp } from "./listen.ts";

interface Bson {
  readonly serialize: (document: object) => Uint8Array;
  readonly deserialize: (bytes: Uint8Array) => Record<string, unknown>;
  readonly EJSON: { readonly stringify: (value: unknown) => string };
}

const QUIET = new Set([
  "hello",
  "ismaster",
  "ping",
  "buildInfo",
  "endSessions",
  "getParameter",
  "hostInfo",
  "getCmdLineOpts",
  "connectionStatus",
  "atlasVersion",
]);
/** Parts of a command that are others in each session. */
const PASSING = ["lsid", "$clusterTime", "txnNumber", "apiVersion"];
const OP_MSG = 2013;
const OP_QUERY = 2004;

export async function startMongodb(_place: Place, root: string): Promise<Backend> {
  const bson: Bson = createRequire(join(root, "node_modules/"))("bson");
  const lines: string[] = [];
  const { port, close } = await listenTcp((socket) => (bytes) => {
    let rest = bytes;
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      answer(bson, socket, rest.subarray(0, length), lines);
      rest = rest.subarray(length);
    }
    return rest;
  });
  return {
    env: {
      MDB_MCP_CONNECTION_STRING: `mongodb://127.0.0.1:${port}/?directConnection=true`,
      MDB_MCP_TELEMETRY: "disabled",
    },
    drain: () => lines.splice(0),
    close,
  };
}

function answer(bson: Bson, socket: Socket, message: Buffer, lines: string[]): void {
  const [id, code] = [message.readInt32LE(4), message.readInt32LE(12)];
  const command = code === OP_MSG ? readMessage(bson, message) : {};
  const name = Object.keys(command)[0] ?? "";
  if (code === OP_MSG && !QUIET.has(name) && !isProbe(command)) {
    for (const part of PASSING) delete command[part];
    lines.push(bson.EJSON.stringify(command));
  }
  const body = Buffer.from(bson.serialize(replyTo(name, command)));
  socket.write(code === OP_QUERY ? oldReply(id, body) : newReply(id, body));
}

/** The first section, with the documents of the others under their names. */
function readMessage(bson: Bson, message: Buffer): Record<string, unknown> {
  let command: Record<string, unknown> = {};
  for (let at = 20; at < message.length;) {
    const length = message.readInt32LE(at + 1);
    if (message[at] === 0)
      command = { ...bson.deserialize(message.subarray(at + 1, at + 1 + length)), ...command };
    else {
      const end = message.indexOf(0, at + 5);
      command = {
        ...command,
        [message.toString("utf8", at + 5, end)]: documentsIn(
          bson,
          message.subarray(end + 1, at + 1 + length),
        ),
      };
    }
    at += 1 + length;
  }
  return command;
}

function documentsIn(bson: Bson, bytes: Buffer): unknown[] {
  const documents: unknown[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at))
    documents.push(bson.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))));
  return documents;
}

/** Asked once a connection: whether the server has search indexes. */
function isProbe(command: Record<string, unknown>): boolean {
  return "listDatabases" in command || JSON.stringify(command).includes("$listSearchIndexes");
}

function replyTo(name: string, command: Record<string, unknown>): object {
  if (name === "" || name === "hello" || name === "ismaster") {
    const limits = {
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
    };
    return {
      isWritablePrimary: true,
      ismaster: true,
      helloOk: true,
      ...limits,
      minWireVersion: 0,
      maxWireVersion: 21,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      readOnly: false,
      ok: 1,
    };
  }
  if (name === "buildInfo") return { version: "7.0.0", ok: 1 };
  if (["find", "aggregate", "listCollections", "listIndexes", "listSearchIndexes"].includes(name)) {
    const firstBatch =
      name === "listCollections" ? [{ name: "orders", type: "collection", options: {}, info: {} }] : [];
    return { cursor: { id: BigInt(0), ns: `shop.${String(command[name])}`, firstBatch }, ok: 1 };
  }
  return { n: 1, nModified: 1, ok: 1 };
}

function newReply(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(21);
  head.writeInt32LE(21 + body.length, 0);
  head.writeInt32LE(id, 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}

function oldReply(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(36);
  head.writeInt32LE(36 + body.length, 0);
  head.writeInt32LE(id, 8);
  head.writeInt32LE(1, 12);
  head.writeInt32LE(8, 16);
  head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}
