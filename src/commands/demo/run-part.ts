/** Runs one part of the demo in its own process: the MCP server, or agents that call a sidecar elsewhere. */

import { SETTINGS_SHAPE } from "../../config/settings/settings-shape.ts";
import { EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE } from "../cli/command.ts";
import { AGENTS, type OnWait, runAgents } from "./agents.ts";
import type { DemoOptions, DemoPart } from "./options.ts";
import type { Output } from "./terminal.ts";
import { startDemoServer } from "./server.ts";

interface PartIo {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

/** Returns the exit code: 0 when it ran, 64 for a bad address, 69 when an address cannot be bound or reached. */
export async function runPart(part: DemoPart, options: DemoOptions, io: PartIo): Promise<number> {
  const timeout = options.forMs === undefined ? [] : [AbortSignal.timeout(options.forMs)];
  const signal = AbortSignal.any([io.signal, ...timeout]);
  return part.name === "server"
    ? serveTools(options.listen ?? ANY_PORT, { ...io, signal })
    : callSidecar(part, options.rounds, { ...io, signal });
}

const ANY_PORT = "127.0.0.1:0";

async function serveTools(listen: string, { stdout, stderr, signal }: PartIo): Promise<number> {
  const address = SETTINGS_SHAPE.shape.listen.safeParse(listen);
  if (!address.success) {
    stderr.write(`tollgate demo: --listen: must be HOST:PORT, got "${listen}"\n`);
    return EXIT_USAGE;
  }
  const server = await startDemoServer(address.data).catch(messageOf);
  if (typeof server === "string") {
    stderr.write(`tollgate demo: --listen: ${server}\n`);
    return EXIT_UNAVAILABLE;
  }
  stdout.write(`the demo's server listens at ${server.url}\n`);
  await aborted(signal);
  await server.stop();
  return EXIT_OK;
}

type AgentsPart = Extract<DemoPart, { name: "agents" }>;

async function callSidecar({ url, agent }: AgentsPart, rounds: number, io: PartIo): Promise<number> {
  const agents = AGENTS.filter(({ name }) => agent === undefined || name === agent);
  io.stdout.write(`${agents.map(({ name }) => name).join(", ")}: calling ${url}\n`);
  try {
    await runAgents({ url, rounds, signal: io.signal, agents, onWait: sayOnce(io.stdout) });
    return EXIT_OK;
  } catch (error) {
    io.stderr.write(`tollgate demo: ${url}: ${messageOf(error)}; is the sidecar up?\n`);
    return EXIT_UNAVAILABLE;
  }
}

/** Says the first time that an agent waits. */
function sayOnce(stdout: Output): OnWait {
  const said = new Set<string>();
  return (agent, isWaiting) => {
    if (!isWaiting || said.has(agent)) return;
    said.add(agent);
    stdout.write(`${agent}: the sidecar is busy; waiting, then trying again\n`);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
