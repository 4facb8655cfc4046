/** One run of the official conformance suite against a URL, read back as counts for each scenario. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { z } from "zod";

/** A part of the suite that is run separately. */
export interface Leg {
  readonly name: string;
  /** Arguments that select all its scenarios. */
  readonly all: readonly string[];
  /** Arguments that run a single scenario as this leg runs it. */
  readonly single: readonly string[];
}

export const LEGS: readonly Leg[] = [
  { name: "2025-11-25", all: ["--requirements", "2025-11-25"], single: ["--spec-version", "2025-11-25"] },
  { name: "2026-07-28", all: ["--requirements", "2026-07-28"], single: ["--spec-version", "2026-07-28"] },
  { name: "all", all: ["--suite", "all"], single: [] },
];

/** Checks of one scenario by outcome; skipped and informational checks are not counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly warned: number;
}

export interface SuiteRun {
  readonly scenarios: ReadonlyMap<string, Counts>;
  readonly durationMs: number;
}

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

/** `server-NAME-TIME`: the time is ISO 8601, with dashes for characters that a file name may not contain. */
const RESULT_FOLDER = /^server-(?<scenario>.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/;

const Checks = z.array(z.looseObject({ status: z.string() }));

/** Runs a leg, or one scenario of it; empty when the leg has no such scenario. Throws when a whole leg leaves no result. */
export async function runSuite(leg: Leg, url: string, scenario?: string): Promise<SuiteRun> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    const startedAt = performance.now();
    const selection = scenario === undefined ? leg.all : [...leg.single, "--scenario", scenario];
    const output = await runProgram(["server", "--url", url, "-o", folder, ...selection]);
    const durationMs = performance.now() - startedAt;
    const scenarios = await readResults(folder);
    if (scenarios.size === 0 && scenario === undefined)
      throw new Error(`leg ${leg.name} ran no scenario:\n${output}`);
    return { scenarios, durationMs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ignores the exit code, which says only whether all checks passed: the counts have the details. */
async function runProgram(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [SUITE, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer) => {
    chunks.push(chunk);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  await once(child, "close");
  return Buffer.concat(chunks).toString();
}

async function readResults(folder: string): Promise<Map<string, Counts>> {
  const scenarios = new Map<string, Counts>();
  for (const name of await readdir(folder)) {
    const scenario = RESULT_FOLDER.exec(name)?.groups?.["scenario"];
    if (scenario === undefined) continue;
    // A scenario that does not apply to the revision leaves an empty folder.
    if ((await readdir(join(folder, name))).length === 0) continue;
    scenarios.set(scenario, await readCounts(join(folder, name, "checks.json")));
  }
  return scenarios;
}

async function readCounts(file: string): Promise<Counts> {
  const checks = Checks.parse(JSON.parse(await readFile(file, "utf8")));
  const count = (status: string) => checks.filter((check) => check.status === status).length;
  return { passed: count("SUCCESS"), failed: count("FAILURE"), warned: count("WARNING") };
}
