/** Completion scripts of bash, zsh and fish. Each holds the whole vocabulary, so that a key press starts no process. */

import type { KnownCommand, KnownFlag, SHELLS } from "./vocabulary.ts";

/** The script of the shell for these commands. */
export function completionScript(shell: (typeof SHELLS)[number], commands: readonly KnownCommand[]): string {
  if (shell === "fish") return fishScript(commands);
  return shell === "bash" ? bashScript(commands) : zshScript(commands);
}

/** The branches of a `case` over the command and the word before the current one. */
function cases(commands: readonly KnownCommand[]): string {
  // The longer paths first: the first branch that matches wins.
  const lines = commands
    .toReversed()
    .flatMap(({ path, subcommands, flags }) => [
      ...flags.flatMap((flag) => valueCase(path, flag)),
      `    "${path.join(" ")} "*) found="${[...subcommands, ...flags.map(({ flag }) => flag)].join(" ")}" ;;`,
    ]);
  return lines.join("\n");
}

function valueCase(path: readonly string[], { flag, value }: KnownFlag): string[] {
  if (value === undefined) return [];
  const action = value === "file" ? "found=; files=1" : `found="${value.join(" ")}"`;
  return [`    "${path.join(" ")} ${flag}") ${action} ;;`];
}

/** A function that sets `command` to the words that name a command; its arguments are the words before the current one. It fails after `--`. */
function findCommand(commands: readonly KnownCommand[]): string {
  const names = commands.filter(({ path }) => path.length > 0).map(({ path }) => `"${path.join(" ")}"`);
  return `_tollgate_command() {
  local word candidate
  command=
  for word in "$@"; do
    [[ $word == -- ]] && return 1
    [[ $word == -* ]] && continue
    candidate=\${command:+$command }$word
    case $candidate in
    ${names.join("|")}) command=$candidate ;;
    esac
  done
  return 0
}`;
}

function wordsFunction(commands: readonly KnownCommand[]): string {
  return `# Sets found to the words that may come next, and files to 1 where a file may.
_tollgate_words() {
  found= files=
  case "$command $1" in
${cases(commands)}
  esac
}`;
}

function bashScript(commands: readonly KnownCommand[]): string {
  return `# bash completion of tollgate; written by: tollgate completion bash
${findCommand(commands)}

${wordsFunction(commands)}

_tollgate() {
  local command found files
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  _tollgate_command "\${COMP_WORDS[@]:1:COMP_CWORD-1}" || return 0
  _tollgate_words "$before"
  [[ $files ]] || COMPREPLY=($(compgen -W "$found" -- "$word"))
}

complete -o default -F _tollgate tollgate
`;
}

function zshScript(commands: readonly KnownCommand[]): string {
  return `#compdef tollgate
# zsh completion of tollgate; written by: tollgate completion zsh
${findCommand(commands)}

${wordsFunction(commands)}

_tollgate() {
  local command found files
  _tollgate_command "\${(@)words[2,CURRENT-1]}" || { _files; return }
  _tollgate_words "\${words[CURRENT-1]}"
  if [[ -n $files ]]; then _files; else compadd -- \${=found} || _files; fi
}

if [[ $funcstack[1] == _tollgate ]]; then _tollgate "$@"; else compdef _tollgate tollgate; fi
`;
}

function fishScript(commands: readonly KnownCommand[]): string {
  const lines = commands.flatMap(({ path, subcommands, flags }) => {
    const when = condition(path, commands);
    return [
      ...subcommands.map((name) => `complete -c tollgate -n '${when}' -a ${name}`),
      ...flags.map((flag) => `complete -c tollgate -n '${when}' -l ${flag.flag.slice(2)}${fishValue(flag)}`),
    ];
  });
  return `# fish completion of tollgate; written by: tollgate completion fish
${lines.join("\n")}
`;
}

function fishValue({ value }: KnownFlag): string {
  if (value === undefined) return "";
  return value === "file" ? " -r -F" : ` -x -a '${value.join(" ")}'`;
}

/** A command's words were seen, and none of a longer command's. */
function condition(path: readonly string[], commands: readonly KnownCommand[]): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const longer = commands
    .filter((other) => other.path.length > path.length && path.every((word, at) => other.path[at] === word))
    .map((other) => other.path[path.length] ?? "");
  const unseen =
    longer.length === 0 ? [] : [`not __fish_seen_subcommand_from ${[...new Set(longer)].join(" ")}`];
  return [...seen, ...unseen].join("; and ");
}
