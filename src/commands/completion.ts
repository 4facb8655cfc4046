/** `tollgate completion bash|zsh|fish`: a script with which a shell completes commands, flags and their values. */

import { asksForHelp, type CommandIo, EXIT_OK, refuseUsage, writeHelp } from "./cli/command.ts";
import { completionScript } from "./completion/scripts.ts";
import { knownCommands, SHELLS } from "./completion/vocabulary.ts";
import { didYouMean, inBackticks } from "../policy/schema/did-you-mean.ts";

const COMPLETION_HELP = `Usage: tollgate completion bash|zsh|fish

Prints a script with which the shell completes the commands of tollgate, their flags and the values of these.

Examples
  tollgate completion bash > ~/.local/share/bash-completion/completions/tollgate
  tollgate completion zsh > "\${fpath[1]}/_tollgate"
  tollgate completion fish > ~/.config/fish/completions/tollgate.fish
  source <(tollgate completion bash)    # only in this shell

Exit codes: 0 done, 64 bad usage.
`;

/** Returns the exit code. */
export function runCompletion(argv: readonly string[], io: CommandIo): number {
  if (asksForHelp(argv)) return writeHelp(io, COMPLETION_HELP);
  const [name, ...others] = argv;
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined || others.length > 0)
    return refuseUsage(io, "tollgate completion", [problem(argv)]);
  io.stdout.write(completionScript(shell, knownCommands()));
  return EXIT_OK;
}

function problem([name, ...others]: readonly string[]): string {
  if (name === undefined) return `a shell is required: ${SHELLS.join(", ")}`;
  return others.length > 0
    ? `unexpected ${inBackticks(`${others[0]}`)}`
    : `unknown shell ${inBackticks(name)}${didYouMean(name, SHELLS, inBackticks)}`;
}
