/** Runs a client against a server on one route, with a server and a sidecar of its own, and returns the transcript. */

import { fileURLToPath } from "node:url";
import { freePorts } from "../fixtures/free-port.ts";
import type { Target } from "./typescript/run-steps.ts";
import { type Command, outputOf, type RunningProgram, startListening } from "./programs.ts";
import type { Route, Transport } from "./routes.ts";
import type { ZooClient } from "./clients.ts";
import type { ZooServer } from "./servers.ts";

/** A line of a transcript: the step, and its result, its error, or that the client does not offer it. */
export interface Line {
  readonly do: string;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly absent?: true;
  readonly [key: string]: unknown;
}

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("tollgate.yaml", import.meta.url));
const CLIENT_WITHIN_MS = 120_000;

/** How a client reaches a server without Tollgate. */
export interface DirectWay {
  readonly transport: Transport;
  /** Whether the client must not use the revisions from 2026-07-28 on. */
  readonly isLegacy: boolean;
}

export function runDirectly(
  client: ZooClient,
  server: ZooServer,
  { transport, isLegacy }: DirectWay,
): Promise<readonly Line[]> {
  if (transport === "stdio") return transcriptOf(client, server, { stdio: server.stdio().words });
  return withServer(server, transport, (url) => transcriptOf(client, server, { [transport]: url, isLegacy }));
}

export function runThrough(client: ZooClient, server: ZooServer, route: Route): Promise<readonly Line[]> {
  if (route.downstream === "stdio") {
    const words = [...tollgate(["--admin", "127.0.0.1:0", ...route.flags]), "--", ...server.stdio().words];
    return transcriptOf(client, server, { stdio: words });
  }
  if (route.upstream === "stdio") return withTollgate(client, server, route, ["--", ...server.stdio().words]);
  return withServer(server, route.upstream, (url) =>
    withTollgate(client, server, route, ["--upstream", url]),
  );
}

/** `place` is where Tollgate finds the server: last words of its command line. */
async function withTollgate(
  client: ZooClient,
  server: ZooServer,
  route: Route,
  place: readonly string[],
): Promise<readonly Line[]> {
  const [port = 0, admin = 0] = await freePorts(2);
  const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${admin}`];
  const sidecar = await startListening({ words: tollgate([...listeners, ...route.flags, ...place]) }, port);
  const url = `http://127.0.0.1:${port}/${route.downstream === "sse" ? "sse" : "mcp"}`;
  const isLegacy = route.downstream === "sse";
  return stopping(sidecar, () => transcriptOf(client, server, { [route.downstream]: url, isLegacy }));
}

function tollgate(words: readonly string[]): readonly string[] {
  return [process.execPath, MAIN, "--config", CONFIG, ...words];
}

async function withServer<T>(
  server: ZooServer,
  transport: "http" | "sse",
  use: (url: string) => Promise<T>,
): Promise<T> {
  const [port = 0] = await freePorts(1);
  const listening = server[transport]?.(port);
  if (listening === undefined) throw new Error(`${server.name} does not speak ${transport}`);
  const program = await startListening(listening, port);
  return stopping(program, () => use(`http://127.0.0.1:${port}/${transport === "sse" ? "sse" : "mcp"}`));
}

async function stopping<T>(program: RunningProgram, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new Error(`${String(error)}\n${program.stderr()}`, { cause: error });
  } finally {
    await program.stop();
  }
}

async function transcriptOf(client: ZooClient, server: ZooServer, target: Target): Promise<readonly Line[]> {
  const { words, environment }: Command = client.command();
  const input = JSON.stringify([target, server.plan]);
  const output = await outputOf(
    { words: [...words, input], ...(environment && { environment }) },
    CLIENT_WITHIN_MS,
  );
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
}
