/** `tollgate demo`: an MCP server, three agents and the sidecar between them, all on this machine. */

import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { parseSettings } from "../config/settings/parse-settings.ts";
import type { Settings } from "../config/settings/settings.ts";
import { EXIT_OK, refuseUsage, writeHelp } from "./cli/command.ts";
import { AGENT_HEADER, runAgents } from "./demo/agents.ts";
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from "./demo/options.ts";
import { runPart } from "./demo/run-part.ts";
import { parseSamples, type Sample } from "./demo/samples.ts";
import { type Output, Screen } from "./demo/screen.ts";
import { startDemoServer } from "./demo/server.ts";

/** Starts a sidecar. `main.ts` passes it in, since commands may not import the sidecar. */
type StartSidecar = (settings: Settings) => Promise<RunningSidecar>;

interface RunningSidecar {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  readonly stop: () => Promise<void>;
}

export interface DemoIo {
  readonly startSidecar: StartSidecar;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends the demo early, after its last table and summary. */
  readonly signal: AbortSignal;
}

const COMMAND = "tollgate demo";
const REDRAW_MS = 500;

/** Returns the exit code: 0 when the demo ran, 64 for bad flags. */
export async function runDemo(argv: readonly string[], io: DemoIo): Promise<number> {
  const parsed = parseDemoOptions(argv);
  if (!parsed.ok) return refuseUsage(io, COMMAND, [parsed.problem]);
  if (parsed.options.isHelp) return writeHelp(io, DEMO_HELP);
  const { part } = parsed.options;
  if (part !== undefined) return runPart(part, parsed.options, io);
  const server = await startDemoServer();
  try {
    const settings = parseSettings({
      flags: flagsFor(parsed.options, server.url),
      environment: {},
      isTerminal: false,
    });
    if (!settings.ok) return refuseUsage(io, COMMAND, settings.problems);
    await runBehindSidecar(parsed.options, settings.settings, io);
    return EXIT_OK;
  } finally {
    await server.stop();
  }
}

async function runBehindSidecar(options: DemoOptions, settings: Settings, io: DemoIo): Promise<void> {
  const sidecar = await io.startSidecar(trustingAgents(settings));
  try {
    const screen = new Screen(io.stdout);
    screen.showAddresses({ mcp: sidecar.url, admin: sidecar.adminUrl });
    await runAndDraw(options, { screen, sidecar, signal: io.signal });
    const samples = await scrape(sidecar);
    screen.showTable(samples);
    screen.showAnswers(samples);
  } finally {
    await sidecar.stop();
  }
}

interface RunningDemo {
  readonly screen: Screen;
  readonly sidecar: RunningSidecar;
  readonly signal: AbortSignal;
}

async function runAndDraw({ forMs, rounds }: DemoOptions, demo: RunningDemo): Promise<void> {
  const timeout = forMs === undefined ? [] : [AbortSignal.timeout(forMs)];
  const signal = AbortSignal.any([demo.signal, ...timeout]);
  const finished = new AbortController();
  const drawing = demo.screen.isLive ? redraw(demo, finished.signal) : Promise.resolve();
  try {
    await runAgents({ url: demo.sidecar.url, rounds, signal });
  } finally {
    finished.abort();
    await drawing;
  }
}

async function redraw({ screen, sidecar }: RunningDemo, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    screen.showTable(await scrape(sidecar));
    await pause(REDRAW_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function scrape(sidecar: RunningSidecar): Promise<readonly Sample[]> {
  const response = await fetch(`${sidecar.adminUrl}/metrics`);
  return parseSamples(await response.text());
}

// Resolve lazily: the self-contained executable extracts the file first, and demo parts may run on a read-only disk.
function policyFile(): string {
  return fileURLToPath(new URL("../../policies/demo.json", import.meta.url));
}

function flagsFor({ listen, admin }: DemoOptions, upstream: string) {
  return { upstream, listen, admin, policy: policyFile(), server: "demo", "log-level": "error" };
}

/** Trusts the agents' header from loopback, and drains without delay. */
function trustingAgents(settings: Settings): Settings {
  return {
    ...settings,
    identity: { header: { name: AGENT_HEADER, from: ["127.0.0.1", "::1"] } },
    bounds: { ...settings.bounds, lameDuckMs: 0, drainMs: 1_000 },
  };
}
