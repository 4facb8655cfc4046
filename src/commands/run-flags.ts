/** Parses the command line of `tollgate run` into the texts of its flags. */

import { parseArgs } from "node:util";
import { FLAGS, type FlagName } from "../config/settings/flags.ts";
import { usageMessage } from "./cli/command.ts";

interface GivenFlags {
  readonly isHelp: boolean;
  readonly flags: Partial<Record<FlagName, string | string[]>>;
  /** The command line after `--`; absent without `--`. */
  readonly command?: readonly string[];
}

/** Parses the flags and the command line after `--`, or says the first thing that is wrong with them. */
export function parseRunFlags(argv: readonly string[]): GivenFlags | { readonly problem: string } {
  const options = Object.fromEntries(
    FLAGS.map(({ name, value }) => {
      const type = value === "" ? ("boolean" as const) : ("string" as const);
      return [name, { type, multiple: name === "env" }];
    }),
  );
  const end = argv.indexOf("--");
  try {
    const { values, positionals } = parseArgs({
      args: end < 0 ? [...argv] : argv.slice(0, end),
      options: { ...options, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    if (positionals[0] !== undefined)
      return {
        problem: `unexpected \`${positionals[0]}\`; the command of a server to start stands after --`,
      };
    const { help, ...flags } = values;
    const command = end < 0 ? {} : { command: argv.slice(end + 1) };
    const texts = Object.entries(flags).map(([name, value]) => [name, value === true ? "true" : value]);
    return { isHelp: help === true, flags: Object.fromEntries(texts), ...command };
  } catch (error) {
    return { problem: usageMessage(error, Object.keys(options)) };
  }
}
