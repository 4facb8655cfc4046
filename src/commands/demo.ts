/** `tollgate demo`: an MCP server, three agents and the sidecar between them, all on this machine. */

import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { type ParsedSettings, parseSettings } from "../config/settings/parse-settings.ts";
import type { Settings } from "../config/settings/settings.ts";
import { EXIT_OK, EXIT_UNAVAILABLE, failWith, refuseUsage, writeHelp } from "./cli/command.ts";
import { type ChosenAddresses, chooseAddresses, freeAddresses } from "./demo/addresses.ts";
import { AGENT_HEADER, type OnWait, runAgents } from "./demo/agents.ts";
import { openPage } from "./demo/open-page.ts";
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from "./demo/options.ts";
import { runPart } from "./demo/run-part.ts";
import { parseSamples, type Sample } from "./demo/samples.ts";
import { Screen } from "./demo/screen.ts";
import { startDemoServer } from "./demo/server.ts";
import type { Output } from "./demo/terminal.ts";

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
/** How long calls in flight may take to end after the signal. */
const END_MS = 5_000;
const MAX_SCRAPE_MS = 10_000;

/** Returns the exit code: 0 when the demo ran, 64 for bad flags, 69 when a part of it failed. */
export async function runDemo(argv: readonly string[], io: DemoIo): Promise<number> {
  const parsed = parseDemoOptions(argv);
  if (!parsed.ok) return refuseUsage(io, COMMAND, [parsed.problem]);
  if (parsed.options.isHelp) return writeHelp(io, DEMO_HELP);
  const { part } = parsed.options;
  if (part !== undefined) return runPart(part, parsed.options, io);
  const server = await startDemoServer();
  try {
    const chosen = settingsFor(await chooseAddresses(parsed.options), server.url);
    const free = settingsFor(freeAddresses(parsed.options), server.url);
    if (!chosen.ok) return refuseUsage(io, COMMAND, chosen.problems);
    const sidecar = await startEither(io.startSidecar, chosen.settings, free.ok ? free.settings : undefined);
    return await runBehindSidecar(parsed.options, sidecar, io);
  } finally {
    await server.stop();
  }
}

/** Starts on free ports when another process took a chosen one since it was found free. */
async function startEither(
  startSidecar: StartSidecar,
  chosen: Settings,
  free: Settings | undefined,
): Promise<RunningSidecar> {
  try {
    return await startSidecar(chosen);
  } catch (error) {
    if (free === undefined || isDeepStrictEqual(free, chosen)) throw error;
    return startSidecar(free);
  }
}

async function runBehindSidecar(options: DemoOptions, sidecar: RunningSidecar, io: DemoIo): Promise<number> {
  const screen = new Screen(io.stdout, { mcp: sidecar.url, admin: sidecar.adminUrl }, process.env["TERM"]);
  try {
    if (options.opensConsole) openConsole(sidecar, screen);
    await runAndDraw(options, { screen, sidecar, signal: io.signal });
    const samples = await scrape(sidecar);
    screen.leave();
    screen.showSummary(samples);
    return EXIT_OK;
  } catch (error) {
    screen.leave();
    return failWith(io, [`demo: ${messageOf(error)}; start it again, or try --for 30s`], EXIT_UNAVAILABLE);
  } finally {
    await sidecar.stop();
  }
}

function openConsole({ adminUrl }: RunningSidecar, screen: Screen): void {
  const url = `${adminUrl}/`;
  openPage(url, () => screen.showNotice(`No browser could be opened: open ${url}`));
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
  const ending = (): void => demo.screen.showNotice(ENDING);
  signal.addEventListener("abort", ending, { once: true });
  try {
    const agents = runAgents({
      url: demo.sidecar.url,
      rounds,
      signal,
      onWait: waitNotice(demo.screen, signal),
    });
    await Promise.race([agents, pauseAfter(signal, END_MS, finished.signal)]);
    agents.catch(() => undefined);
  } finally {
    signal.removeEventListener("abort", ending);
    finished.abort();
    await drawing;
  }
}

const ENDING = "Ending: calls in flight get up to 5 seconds. Ctrl-C again ends at once.";
const WAITING = "The machine is busy: the agents wait, then try again.";

/** Shows a notice while an agent waits. */
function waitNotice(screen: Screen, signal: AbortSignal): OnWait {
  const waiting = new Set<string>();
  return (agent, isWaiting) => {
    if (waiting.has(agent) === isWaiting || signal.aborted) return;
    if (isWaiting) waiting.add(agent);
    else waiting.delete(agent);
    screen.showNotice(waiting.size === 0 ? undefined : WAITING);
  };
}

/** Resolves this long after `signal`; `cancelled` keeps its timer from running on. */
async function pauseAfter(signal: AbortSignal, afterMs: number, cancelled: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort", { signal: cancelled }).catch(() => undefined);
  await pause(afterMs, undefined, { signal: cancelled }).catch(() => undefined);
}

async function redraw({ screen, sidecar }: RunningDemo, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const samples = await scrape(sidecar).catch(() => undefined);
    if (samples !== undefined) screen.showTable(samples);
    await pause(REDRAW_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function scrape(sidecar: RunningSidecar): Promise<readonly Sample[]> {
  const response = await fetch(`${sidecar.adminUrl}/metrics`, { signal: AbortSignal.timeout(MAX_SCRAPE_MS) });
  return parseSamples(await response.text());
}

// Resolve lazily: the self-contained executable extracts the file first, and demo parts may run on a read-only disk.
function policyFile(): string {
  return fileURLToPath(new URL("../../policies/demo.json", import.meta.url));
}

/** The settings of the sidecar: it trusts the agents' header from loopback, and drains without delay. */
function settingsFor(addresses: ChosenAddresses, upstream: string): ParsedSettings {
  const parsed = parseSettings({
    flags: { upstream, ...addresses, policy: policyFile(), server: "demo", "log-level": "error" },
    environment: {},
    isTerminal: false,
  });
  if (!parsed.ok) return parsed;
  const { settings } = parsed;
  const identity = { header: { name: AGENT_HEADER, from: ["127.0.0.1", "::1"] } };
  const bounds = { ...settings.bounds, lameDuckMs: 0, drainMs: 1_000 };
  return { ok: true, settings: { ...settings, identity, bounds } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
