/** A loopback stand-in for PostgreSQL: notes each statement, and answers it with no row, or one where the server asks for an extension. */

import type { Socket } from "node:net";

import type { Backend } from "../stage.ts";
import { listenTcp } from "./listen.ts";

const SSL_REQUEST = 80_877_103;
const QUIET = /^\s*(select 1$|begin|commit|rollback|set |show server_version)/i;

export async function startPostgres(): Promise<Backend> {
  const lines: string[] = [];
  const note = (statement: string): void => {
    if (!QUIET.test(statement)) lines.push(statement.replaceAll(/\s+/g, " "));
  };
  const { port, close } = await listenTcp((socket) => {
    let isOpen = false;
    return (bytes) => {
      let rest = bytes;
      for (;;) {
        const head = isOpen ? 1 : 0;
        if (rest.length < head + 4 || rest.length < head + rest.readInt32BE(head)) return rest;
        const end = head + rest.readInt32BE(head);
        const body = rest.subarray(head + 4, end);
        if (isOpen) answer(socket, String.fromCharCode(rest[0] ?? 0), body, note);
        else isOpen = open(socket, body);
        rest = rest.subarray(end);
      }
    };
  });
  return { args: [`postgresql://a:a@127.0.0.1:${port}/shop`], drain: () => lines.splice(0), close };
}

function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)),
  );
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const READY = message("Z", Buffer.from("I"));

function open(socket: Socket, body: Buffer): boolean {
  if (body.readInt32BE(0) === SSL_REQUEST) {
    socket.write("N");
    return false;
  }
  const settings = [
    ["server_version", "16.1"],
    ["client_encoding", "UTF8"],
    ["standard_conforming_strings", "on"],
  ];
  const parameters = settings.map(([name = "", value = ""]) => message("S", name, value));
  const identity = message("K", Buffer.alloc(8));
  socket.write(Buffer.concat([message("R", Buffer.alloc(4)), ...parameters, identity, READY]));
  return true;
}

/** Of the extended protocol only what psycopg sends. */
function answer(socket: Socket, type: string, body: Buffer, note: (statement: string) => void): void {
  const text = body.toString("utf8");
  if (type === "Q") {
    const statement = text.replace(/\0$/, "");
    note(statement);
    socket.write(Buffer.concat([...rowsFor(statement, true), READY]));
  }
  if (type === "P") {
    const [name = "", statement = ""] = text.split("\0");
    prepared.set(name, statement);
    socket.write(message("1"));
  }
  if (type === "B") {
    const [, name = "", ...values] = text.split("\0");
    bound.set(socket, prepared.get(name) ?? "");
    note(`${prepared.get(name)} ${values.join(" ").replaceAll(/[^ -~]+/g, " ")}`.trim());
    socket.write(message("2"));
  }
  if (type === "D") socket.write(rowsFor(bound.get(socket) ?? "", true)[0] ?? "");
  if (type === "E") socket.write(Buffer.concat(rowsFor(bound.get(socket) ?? "", false)));
  if (type === "C") socket.write(message("3"));
  if (type === "S") socket.write(READY);
}

/** Statements by their names; each connection of a pool uses the same. */
const prepared = new Map<string, string>();
const bound = new WeakMap<Socket, string>();

/** A row of one text column. */
function rowsFor(statement: string, isDescribed: boolean): readonly Buffer[] {
  const column = Buffer.alloc(18);
  column.writeInt32BE(25, 6);
  column.writeInt16BE(-1, 10);
  column.writeInt32BE(-1, 12);
  const one = Buffer.from([0, 1]);
  const value = Buffer.from("\0\0\0\u00021.10".slice(0, 3) + "\u00041.10");
  const asks = /pg_extension|server_version|pg_available/i.test(statement);
  return [
    ...(isDescribed ? [message("T", one, asks ? "extversion" : "column", column)] : []),
    ...(asks ? [message("D", one, value)] : []),
    message("C", `SELECT ${asks ? 1 : 0}`),
  ];
}
