/** Parses the command line of `tollgate run`, whose flags `tollgate doctor` takes as well. */

import { parseArgs } from "node:util";
import { FLAGS, type FlagName } from "../config/settings/flags.ts";
import { usageMessage } from "./cli/command.ts";

export interface GivenFlags<Further extends string = never> {
  readonly isHelp: boolean;
  readonly flags: Partial<Record<FlagName | Further, string | string[]>>;
  /** The command line after `--`; absent without `--`. */
  readonly command?: readonly string[];
}

/** Parses the flags of `tollgate run`, and `further` ones, which take a value. */
export function parseRunFlags<Further extends string = never>(
  argv: readonly string[],
  further: readonly Further[] = [],
): GivenFlags<Further> | { readonly problem: string } {
  const options = Object.fromEntries(
    FLAGS.map(({ name, value }) => {
      const type = value === "" ? ("boolean" as const) : ("string" as const);
      return [name, { type, multiple: name === "env" }];
    }),
  );
  const own = Object.fromEntries(further.map((name) => [name, { type: "string" as const }]));
  const end = argv.indexOf("--");
  try {
    const { values, positionals } = parseArgs({
      args: end < 0 ? [...argv] : argv.slice(0, end),
      options: { ...options, ...own, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    if (positionals[0] !== undefined)
      return {
        problem: `unexpected \`${positionals[0]}\`; the command of a server to start stands after --`,
      };
    const { help, ...flags } = values;
    const command = end < 0 ? {} : { command: argv.slice(end + 1) };
    const texts = Object.entries(flags).map(([name, value]) => [name, value === true ? "true" : value]);
    return {
      isHelp: help === true,
      flags: Object.fromEntries(texts) as GivenFlags<Further>["flags"],
      ...command,
    };
  } catch (error) {
    return { problem: usageMessage(error, [...Object.keys(options), ...further]) };
  }
}
