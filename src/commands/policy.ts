/** `tollgate policy <command>`: the tools to write a policy safely. */

import { CHECK_COMMAND } from "./policy/check.ts";
import {
  asksForHelp,
  type CommandIo,
  type PolicyCommand,
  refuseUsage,
  unknownCommandProblem,
  writeHelp,
} from "./cli/command.ts";
import { DIFF_COMMAND } from "./policy/diff/diff.ts";
import { EXPLAIN_COMMAND } from "./policy/explain.ts";
import { INIT_COMMAND } from "./policy/init.ts";
import { LEARN_COMMAND } from "./policy/learn/learn.ts";
import { REPLAY_COMMAND } from "./policy/replay.ts";
import { SCHEMA_COMMAND } from "./policy/schema.ts";
import { TEST_COMMAND } from "./policy/test.ts";

/** In the order in which an operator needs them. */
export const POLICY_COMMANDS: readonly PolicyCommand[] = [
  INIT_COMMAND,
  LEARN_COMMAND,
  CHECK_COMMAND,
  EXPLAIN_COMMAND,
  TEST_COMMAND,
  REPLAY_COMMAND,
  DIFF_COMMAND,
  SCHEMA_COMMAND,
];

export const POLICY_HELP = `Usage: tollgate policy COMMAND

${POLICY_COMMANDS.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`).join("\n")}

  tollgate policy COMMAND --help   the flags and the exit codes of one command
`;

/** Returns the exit code. */
export async function runPolicy(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") return writeHelp(io, POLICY_HELP);
  const command = POLICY_COMMANDS.find((known) => known.name === name);
  if (command === undefined) return refuseUsage(io, "tollgate policy", [unknownCommand(name)]);
  return asksForHelp(rest) ? writeHelp(io, command.help) : command.run(rest, io);
}

function unknownCommand(name: string | undefined): string {
  const names = POLICY_COMMANDS.map((command) => command.name);
  if (name === undefined) return `a command is required: ${names.join(", ")}`;
  return unknownCommandProblem(name, names);
}
