/** Runs the test suites of identity and ownership, and reports the figures that they print. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import type { Figure, Section } from "../figure.ts";

const ROOT = join(import.meta.dirname, "../../..");
const IDENTITY = ["test/e2e/identity"];
/** Of sessions and streams, of tasks, of approvals. */
const OWNERSHIP = [
  "test/e2e/sessions.test.ts",
  "test/e2e/session-owners.test.ts",
  "test/e2e/ownership.test.ts",
  "test/e2e/approval-owners.test.ts",
  "test/e2e/control.test.ts",
];
/** Of many users, and of many tokens in turn. */
const USERS = ["test/e2e/limits-by-user.test.ts", "test/identity/tokens/bearer.test.ts"];
/** The line that each suite prints: the number of bad credentials presented, and of those accepted. */
const SHOWN = /^.+: (\d+) shown, (\d+) accepted$/gm;
/** Of good tokens of issuers that collide: those taken, and those taken for another issuer's agent. */
const TAKEN = /^.+: (\d+) taken, (\d+) for the other's$/gm;
/** Of attempts to use what is another's, and of those that reached the server. */
const TRIED = /^.+: (\d+) tried, (\d+) crossed$/gm;
const COSTS = /^[\d,]+ (?:users|JWTs|tokens) .+$/gm;
const LEAST_ROWS = 700;

export const PROOF: Section = {
  name: "proof",
  run: async () => {
    const identity = await vitest(IDENTITY);
    return [badProof(identity), otherIssuers(identity), await crossings(), await manyUsers()];
  },
};

function badProof(run: Run): Figure {
  const { count: shown, failed: accepted, lines } = tally(run, SHOWN);
  return {
    name: "bad proof of identity: tokens, introspection, keys, certificates, headers",
    figure: `${accepted} of ${shown} accepted, in ${lines.length} suites; ${run.summary}`,
    bar: `none of at least ${LEAST_ROWS} accepted, every test of identity passes`,
    isMet: run.isGreen && accepted === 0 && shown >= LEAST_ROWS,
    details: lines,
  };
}

function otherIssuers(run: Run): Figure {
  const { count: taken, failed: mistaken } = tally(run, TAKEN);
  return {
    name: "two issuers whose keys, key ids, audiences and subjects collide",
    figure: `${mistaken} of ${taken} good tokens taken for the other issuer's agent`,
    bar: "none taken for another issuer's agent",
    isMet: run.isGreen && mistaken === 0 && taken > 0,
  };
}

async function crossings(): Promise<Figure> {
  const run = await vitest(OWNERSHIP);
  const { count: tried, failed: crossed, lines } = tally(run, TRIED);
  return {
    name: "another agent's or user's session, stream, task or approval, also after a restart and at a replica",
    figure: `${crossed} crossings of ${tried} tried; ${run.summary}`,
    bar: "0 crossings: every test of ownership passes",
    isMet: run.isGreen && crossed === 0 && tried > 0,
    details: lines,
  };
}

async function manyUsers(): Promise<Figure> {
  const run = await vitest(USERS);
  const lines = (run.text.match(COSTS) ?? []).map((line) => line.trim());
  return {
    name: "10,000 users behind 20 agents with limits by user, and tokens in turn",
    figure: `${run.isGreen ? "exact" : "not shown"}; ${run.summary}`,
    bar: "each user's limit exact, labels and memory bounded, one look-up for a token that is cached",
    isMet: run.isGreen && lines.length > 0,
    details: lines,
  };
}

interface Tally {
  readonly count: number;
  readonly failed: number;
  readonly lines: readonly string[];
}

/** Adds up the figures that the suites of a run print. */
function tally({ text }: Run, figures: RegExp): Tally {
  const rows = [...text.matchAll(figures)].map(([line, count, failed]) => ({
    line: line.trim(),
    count: Number(count),
    failed: Number(failed),
  }));
  return {
    count: rows.reduce((sum, { count }) => sum + count, 0),
    failed: rows.reduce((sum, { failed }) => sum + failed, 0),
    lines: rows.map(({ line }) => line),
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
