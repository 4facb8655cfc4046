/** Runs the test suites of identity and ownership, and reports the figures that they print. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import type { Figure, Section } from "../figure.ts";

const ROOT = join(import.meta.dirname, "../../..");
const IDENTITY = ["test/e2e/identity"];
/** Of sessions and streams, of tasks, of approvals. */
const OWNERSHIP = ["test/e2e/sessions.test.ts", "test/e2e/ownership.test.ts", "test/e2e/control.test.ts"];
/** The line that each suite prints: the number of bad credentials presented, and of those accepted. */
const SHOWN = /^.+: (\d+) shown, (\d+) accepted$/gm;

export const PROOF: Section = {
  name: "proof",
  run: async () => [await badProof(), await crossings()],
};

async function badProof(): Promise<Figure> {
  const run = await vitest(IDENTITY);
  const rows = [...run.text.matchAll(SHOWN)].map(([line, shown, accepted]) => ({
    line: line.trim(),
    shown: Number(shown),
    accepted: Number(accepted),
  }));
  const shown = rows.reduce((sum, row) => sum + row.shown, 0);
  const accepted = rows.reduce((sum, row) => sum + row.accepted, 0);
  return {
    name: "bad proof of identity: tokens, keys, certificates, headers",
    figure: `${accepted} of ${shown} accepted, in ${rows.length} suites; ${run.summary}`,
    bar: "none accepted, every test of identity passes",
    isMet: run.isGreen && accepted === 0 && shown > 0,
    details: rows.map(({ line }) => line),
  };
}

async function crossings(): Promise<Figure> {
  const run = await vitest(OWNERSHIP);
  return {
    name: "another agent's session, stream, task or approval",
    figure: `${run.isGreen ? "0 crossings" : "not shown"}; ${run.summary}`,
    bar: "0 crossings: every test of ownership passes",
    isMet: run.isGreen,
  };
}

interface Run {
  readonly isGreen: boolean;
  readonly text: string;
  /** The number of tests, and of those that passed. */
  readonly summary: string;
}

async function vitest(files: readonly string[]): Promise<Run> {
  const child = spawn(join(ROOT, "node_modules/.bin/vitest"), ["run", ...files], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const [code] = await once(child, "close");
  const summary = /^\s*Tests\s+(.+?)\s*$/m.exec(text)?.[1] ?? "no test ran";
  return { isGreen: code === 0 && summary.includes("passed"), text, summary };
}
