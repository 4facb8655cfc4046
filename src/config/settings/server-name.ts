/** Derives the `server` label from the upstream, where no setting gives it, before the server is started. */

/** Programs that run another program, which is the server. */
const RUNNERS =
  /^(?:npx|bunx|pnpx|uvx|uv|pipx|node|nodejs|bun|deno|python|python\d(?:\.\d+)?|env|docker|podman)(?:\.exe|\.cmd)?$/i;
const SUBCOMMANDS: ReadonlySet<string> = new Set(["run", "exec", "x", "dlx", "tool"]);

export function serverNameFromUrl(url: URL): string {
  return url.hostname.replaceAll(/[[\]:]/g, "_");
}

/** The base name of the command, or of the program that a runner starts: `npx -y @scope/server-x@1.2` is `server-x`. */
export function serverNameFromCommand(command: string, args: readonly string[]): string {
  const base = baseName(command);
  const program = RUNNERS.test(base) ? args.find(isProgram) : undefined;
  const name = program === undefined ? base : baseName(program.replace(/(?<=.)@[^/@]*$/, ""));
  const label = name.replace(/\.(?:exe|cmd|[cm]?[jt]s|py)$/i, "").replaceAll(/[^\p{L}\p{N} ._@-]/gu, "_");
  return label.slice(0, 100) || "stdio";
}

function isProgram(argument: string): boolean {
  return !argument.startsWith("-") && !SUBCOMMANDS.has(argument) && !/^\w+=/.test(argument);
}

function baseName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? "";
}
