/** The command line of `npm run bench`. */

import { parseArgs } from "node:util";
import type { Measurement } from "./rows/row.ts";
import type { Effort } from "./testbed.ts";

export const FULL: Effort = { rounds: 5, seconds: 3, warmUpSeconds: 3, isQuick: false };
export const QUICK: Effort = { rounds: 1, seconds: 1, warmUpSeconds: 1, isQuick: true };

export interface Options {
  readonly isHelp: boolean;
  readonly effort: Effort;
  readonly measurements: readonly Measurement[];
}

export function parseOptions(
  argv: readonly string[],
  all: readonly Measurement[],
): Options | { readonly problem: string } {
  try {
    return readOptions(argv, all);
  } catch (error) {
    return { problem: `${error instanceof Error ? error.message : String(error)}; see --help` };
  }
}

/** Reads the options. @throws when one is invalid */
function readOptions(argv: readonly string[], all: readonly Measurement[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const names = values.only?.split(",") ?? all.map(({ name }) => name);
  const unknown = names.find((name) => !all.some((measurement) => measurement.name === name));
  if (unknown !== undefined) throw new Error(`--only: no measurement is called \`${unknown}\``);
  return {
    isHelp: values.help,
    effort: values.quick ? QUICK : FULL,
    measurements: all.filter(({ name }) => names.includes(name)),
  };
}

export function helpOf(all: readonly Measurement[]): string {
  return `usage: npm run bench -- [--quick] [--only NAME,...]

Measures Tollgate from dist/ (npm run build) side by side with nginx, an empty node:http proxy and the other peers, prints one table, and writes
tools/bench/results/latest.json. Needs cc, nginx, wrk and redis-server (npm run setup:system), and loopback.

  --quick          one short round of everything: shows that it runs; its figures mean little, and latest.json is left alone
  --only NAME,...  only these; latest.json is left alone:
${all.map(({ name, measures }) => `                     ${name.padEnd(14)} ${measures}`).join("\n")}

A target that is missed is printed as missed, and the exit code is 0: this measures, it does not judge. What could not be measured is an error: 1.
`;
}
