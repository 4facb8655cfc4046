/** One part of the demo in a process of its own: the server, or agents that call a sidecar elsewhere. */

import { SETTINGS_SHAPE } from "../../config/settings/settings-shape.ts";
import { AGENTS, playAgents } from "./agents.ts";
import type { DemoOptions, DemoPart } from "./options.ts";
import type { Output } from "./screen.ts";
import { startDemoServer } from "./server.ts";

interface PartWorld {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

const BAD_USAGE = 64;
const UNAVAILABLE = 69;

/** Returns the exit code: 0 when it ran, 64 for an address that is none, 69 when an address cannot be had or reached. */
export async function runPart(part: DemoPart, options: DemoOptions, world: PartWorld): Promise<number> {
  const timeout = options.forMs === undefined ? [] : [AbortSignal.timeout(options.forMs)];
  const signal = AbortSignal.any([world.signal, ...timeout]);
  return part.name === "server"
    ? serve(options.listen, { ...world, signal })
    : call(part, options.rounds, { ...world, signal });
}

async function serve(listen: string, { stdout, stderr, signal }: PartWorld): Promise<number> {
  const place = SETTINGS_SHAPE.shape.listen.safeParse(listen);
  if (!place.success) {
    stderr.write(`tollgate demo: --listen: must be HOST:PORT, got "${listen}"\n`);
    return BAD_USAGE;
  }
  const server = await startDemoServer(place.data).catch(messageOf);
  if (typeof server === "string") {
    stderr.write(`tollgate demo: --listen: ${server}\n`);
    return UNAVAILABLE;
  }
  stdout.write(`the demo's server listens at ${server.url}\n`);
  await aborted(signal);
  await server.stop();
  return 0;
}

type AgentsPart = Extract<DemoPart, { name: "agents" }>;

async function call({ url, agent }: AgentsPart, rounds: number, world: PartWorld): Promise<number> {
  const agents = AGENTS.filter(({ name }) => agent === undefined || name === agent);
  world.stdout.write(`${agents.map(({ name }) => name).join(", ")}: calling ${url}\n`);
  try {
    await playAgents({ url, rounds, signal: world.signal, agents });
    return 0;
  } catch (error) {
    world.stderr.write(`tollgate demo: ${url}: ${messageOf(error)}; is the sidecar up?\n`);
    return UNAVAILABLE;
  }
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
