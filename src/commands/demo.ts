/** `tollgate demo`: a server, three agents and the sidecar between them, with nothing but this machine. */

import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { parseSettings, type Settings } from "../config/settings/settings.ts";
import { AGENT_HEADER, playAgents } from "./demo/agents.ts";
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from "./demo/options.ts";
import { runPart } from "./demo/run-part.ts";
import { parseSamples, type Sample } from "./demo/samples.ts";
import { type Output, Screen } from "./demo/screen.ts";
import { startDemoServer } from "./demo/server.ts";

/** Starts a sidecar; given by `main.ts`, since commands know no transport. */
type StartSidecar = (settings: Settings) => Promise<RunningSidecar>;

interface RunningSidecar {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  readonly stop: () => Promise<void>;
}

export interface DemoWorld {
  readonly startSidecar: StartSidecar;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends the demo early; it still shows its last table and its answers. */
  readonly signal: AbortSignal;
}

const REDRAW_MS = 500;
const BAD_USAGE = 64;

/** Returns the exit code: 0 when the demo ran, 64 for flags that make no sense. */
export async function runDemo(argv: readonly string[], world: DemoWorld): Promise<number> {
  const parsed = parseDemoOptions(argv);
  if (!parsed.ok) return complain(world, [parsed.problem]);
  if (parsed.options.isHelp) {
    world.stdout.write(DEMO_HELP);
    return 0;
  }
  const { part } = parsed.options;
  if (part !== undefined) return runPart(part, parsed.options, world);
  const server = await startDemoServer();
  try {
    const settings = parseSettings({
      flags: flagsFor(parsed.options, server.url),
      environment: {},
      isTerminal: false,
    });
    if (!settings.ok) return complain(world, settings.problems);
    await runBehindSidecar(parsed.options, settings.settings, world);
    return 0;
  } finally {
    await server.stop();
  }
}

async function runBehindSidecar(options: DemoOptions, settings: Settings, world: DemoWorld): Promise<void> {
  const sidecar = await world.startSidecar(trustingAgents(settings));
  try {
    const screen = new Screen(world.stdout);
    screen.showAddresses({ mcp: sidecar.url, admin: sidecar.adminUrl });
    await playAndDraw(options, { screen, sidecar, signal: world.signal });
    const samples = await scrape(sidecar);
    screen.showTable(samples);
    screen.showAnswers(samples);
  } finally {
    await sidecar.stop();
  }
}

interface Stage {
  readonly screen: Screen;
  readonly sidecar: RunningSidecar;
  readonly signal: AbortSignal;
}

async function playAndDraw({ forMs, rounds }: DemoOptions, stage: Stage): Promise<void> {
  const timeout = forMs === undefined ? [] : [AbortSignal.timeout(forMs)];
  const signal = AbortSignal.any([stage.signal, ...timeout]);
  const curtain = new AbortController();
  const drawing = stage.screen.isLive ? redraw(stage, curtain.signal) : Promise.resolve();
  try {
    await playAgents({ url: stage.sidecar.url, rounds, signal });
  } finally {
    curtain.abort();
    await drawing;
  }
}

async function redraw({ screen, sidecar }: Stage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    screen.showTable(await scrape(sidecar));
    await pause(REDRAW_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function scrape(sidecar: RunningSidecar): Promise<readonly Sample[]> {
  const response = await fetch(`${sidecar.adminUrl}/metrics`);
  return parseSamples(await response.text());
}

// Only when it is asked for: the executable has to write it out first, and parts of the demo run where nothing can be written.
function policyFile(): string {
  return fileURLToPath(new URL("../../policies/demo.json", import.meta.url));
}

function flagsFor({ listen, admin }: DemoOptions, upstream: string) {
  return { upstream, listen, admin, policy: policyFile(), server: "demo", "log-level": "error" };
}

/** The agents are on this machine and say truly who they are; at the end nobody has to be waited for. */
function trustingAgents(settings: Settings): Settings {
  return {
    ...settings,
    identity: { header: { name: AGENT_HEADER, from: ["127.0.0.1", "::1"] } },
    bounds: { ...settings.bounds, lameDuckMs: 0, drainMs: 1_000 },
  };
}

function complain(world: DemoWorld, problems: readonly string[]): number {
  for (const problem of problems) world.stderr.write(`tollgate demo: ${problem}\n`);
  return BAD_USAGE;
}
