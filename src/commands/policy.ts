/** `tollgate policy <command>`: the tools to write a policy safely. */

import { nearestName } from "../policy/schema/did-you-mean.ts";
import { CHECK } from "./policy/check.ts";
import { BAD_USAGE, DONE, type PolicyCommand, type PolicyWorld } from "./cli/command.ts";
import { EXPLAIN } from "./policy/explain.ts";
import { INIT } from "./policy/init.ts";
import { REPLAY } from "./policy/replay.ts";
import { SCHEMA } from "./policy/schema.ts";
import { TEST } from "./policy/test.ts";

/** In the order in which an operator needs them. */
export const POLICY_COMMANDS: readonly PolicyCommand[] = [INIT, CHECK, EXPLAIN, TEST, REPLAY, SCHEMA];

export const POLICY_HELP = `Usage: tollgate policy COMMAND

${POLICY_COMMANDS.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`).join("\n")}

  tollgate policy COMMAND --help   the flags and the exit codes of one command
`;

/** Returns the exit code. */
export async function runPolicy(argv: readonly string[], world: PolicyWorld): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") return print(world, POLICY_HELP);
  const command = POLICY_COMMANDS.find((known) => known.name === name);
  if (command === undefined) return refuse(world, name);
  const end = rest.indexOf("--");
  const own = end < 0 ? rest : rest.slice(0, end);
  const isHelp = own.includes("--help") || own.includes("-h");
  return isHelp ? print(world, command.help) : command.run(rest, world);
}

function print(world: PolicyWorld, text: string): number {
  world.stdout.write(text);
  return DONE;
}

function refuse(world: PolicyWorld, name: string | undefined): number {
  const names = POLICY_COMMANDS.map((command) => command.name);
  const nearest = name === undefined ? undefined : nearestName(name, names);
  const meant = nearest === undefined ? "" : `, did you mean \`${nearest}\`?`;
  const problem =
    name === undefined ? `a command is required: ${names.join(", ")}` : `unknown command \`${name}\`${meant}`;
  world.stderr.write(`tollgate policy: ${problem}\ntollgate policy: see tollgate policy --help\n`);
  return BAD_USAGE;
}
