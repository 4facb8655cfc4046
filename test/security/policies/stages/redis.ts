/** A loopback stand-in for Redis: notes each command, and answers with what its reader expects. */

import type { Backend } from "../stage.ts";
import { listenTcp } from "./listen.ts";

const NUMBERS = new Set(
  "LPUSH RPUSH SADD ZADD SREM ZREM HSET HDEL EXPIRE DEL PUBLISH LREM XDEL JSON.DEL".split(" "),
);
const QUIET = new Set(["CLIENT", "HELLO", "PING", "SELECT", "AUTH"]);

export async function startRedis(): Promise<Backend> {
  const lines: string[] = [];
  const { port, close } = await listenTcp((socket) => (bytes) => {
    let rest = bytes;
    for (let read = readCommand(rest); read !== undefined; read = readCommand(rest)) {
      rest = rest.subarray(read.length);
      const name = read.words[0]?.toUpperCase() ?? "";
      if (!QUIET.has(name)) lines.push(read.words.join(" "));
      socket.write(replyTo(name));
    }
    return rest;
  });
  return {
    args: ["--url", `redis://127.0.0.1:${port}/0`],
    drain: () => lines.splice(0),
    close,
  };
}

function replyTo(name: string): string {
  if (NUMBERS.has(name)) return ":1\r\n";
  if (name === "SCAN") return "*2\r\n$1\r\n0\r\n*0\r\n";
  if (name === "FT.SEARCH") return "*1\r\n:0\r\n";
  if (name === "XADD") return "$3\r\n1-1\r\n";
  return name === "LPOP" || name === "RPOP" ? "$1\r\na\r\n" : "+OK\r\n";
}

interface Command {
  readonly words: readonly string[];
  /** Bytes that it takes. */
  readonly length: number;
}

/** A list of bulk strings; undefined until it is whole. */
function readCommand(bytes: Buffer): Command | undefined {
  const line = lineAt(bytes, 0);
  if (line === undefined) return undefined;
  const words: string[] = [];
  let at = line.end;
  for (let left = Number(line.text.slice(1)); left > 0; left -= 1) {
    const head = lineAt(bytes, at);
    if (head === undefined) return undefined;
    const end = head.end + Number(head.text.slice(1));
    if (bytes.length < end + 2) return undefined;
    words.push(bytes.toString("latin1", head.end, end));
    at = end + 2;
  }
  return { words, length: at };
}

function lineAt(bytes: Buffer, from: number): { readonly text: string; readonly end: number } | undefined {
  const end = bytes.indexOf("\r\n", from);
  return end < 0 ? undefined : { text: bytes.toString("latin1", from, end), end: end + 2 };
}
