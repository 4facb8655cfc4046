/** Derives the `server` label from the upstream, where no setting gives it, before the server is started. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const CONTAINER_FLAGS =
  "-e --env --env-file -v --volume --mount -p --publish --name --network --net -w --workdir -u --user --entrypoint --platform -m --memory -l --label -h --hostname --add-host --pull";
/** Programs that run another program, which is the server, with those of their flags that take the next word as their value. */
const RUNNERS: Readonly<Record<string, string>> = {
  npx: "-p --package -c --call",
  bunx: "-p --package",
  pnpx: "--package",
  pnpm: "--package -C --dir",
  uvx: "--from --with --python -p",
  uv: "--from --with --python -p --directory --project --env-file",
  pipx: "--spec --python --pip-args",
  node: "-r --require --import --loader --env-file",
  nodejs: "-r --require --import --loader --env-file",
  bun: "-r --preload --cwd --env-file",
  deno: "-c --config --import-map --env-file",
  python: "-W -X",
  env: "-u --unset -C --chdir",
  cmd: "",
  docker: CONTAINER_FLAGS,
  podman: CONTAINER_FLAGS,
};
/** Flags of several runners that name an index of packages, whose address follows. */
const INDEX_FLAG = /^--[a-z-]*\bindex\b[a-z-]*$/;
const SUBCOMMANDS: ReadonlySet<string> = new Set(["run", "exec", "x", "dlx", "tool", "/c"]);
/** Names of files that many servers have, and of the folders that they lie in. */
const COMMON_FILE = /^(?:index|main|__main__|server|app|cli|start|run|bin|stdio|mcp)\.(?:[cm]?[jt]s|py)$/i;
const COMMON_FOLDERS: ReadonlySet<string> = new Set([
  "dist",
  "build",
  "src",
  "lib",
  "bin",
  "out",
  "cjs",
  "esm",
  ".",
  "..",
]);

export function serverNameFromUrl(url: URL): string {
  return url.hostname.replaceAll(/[[\]:]/g, "_");
}

/**
 * The base name of the command, or of the program that a runner starts: `npx -y @scope/server-x@1.2` is `server-x`.
 * A file with a common name is called after its package.json, or else after its folder: `node x/dist/index.js` is `x`.
 */
export function serverNameFromCommand(command: string, args: readonly string[]): string {
  const base = baseName(command);
  const runner = base
    .toLowerCase()
    .replace(/\.(?:exe|cmd)$/, "")
    .replace(/^python\d(?:\.\d+)?$/, "python");
  const valued = Object.hasOwn(RUNNERS, runner) ? RUNNERS[runner] : undefined;
  const at = valued === undefined ? -1 : programIndex(args, valued.split(" "));
  const program = args[at];
  if (program !== undefined)
    return serverNameFromCommand(program.replace(/(?<=.)@[^/@]*$/, ""), args.slice(at + 1));
  const name = withoutExtension(base);
  return label(COMMON_FILE.test(base) && command !== base ? (packageOrFolder(command) ?? name) : name);
}

function label(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N} ._@-]/gu, "_").slice(0, 100) || "stdio";
}

/** The position of the first word that is no flag, no value of a flag, no subcommand and no variable. */
function programIndex(args: readonly string[], valued: readonly string[]): number {
  return args.findIndex((word, index) => {
    const before = args[index - 1] ?? "";
    const isValue = valued.includes(before) || INDEX_FLAG.test(before);
    return !isValue && !word.startsWith("-") && !SUBCOMMANDS.has(word) && !/^\w+=/.test(word);
  });
}

function packageOrFolder(path: string): string | undefined {
  return (existsSync(path) ? packageName(dirname(resolve(path))) : undefined) ?? folderName(path);
}

/** The name in the nearest package.json, without its scope. */
function packageName(folder: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (typeof name === "string" && name !== "") return baseName(name);
  } catch {
    // No package.json here, or none that can be read.
  }
  const parent = dirname(folder);
  return parent === folder ? undefined : packageName(parent);
}

function folderName(path: string): string | undefined {
  return path
    .split(/[/\\]/)
    .slice(0, -1)
    .findLast((part) => part !== "" && !COMMON_FOLDERS.has(part.toLowerCase()));
}

function withoutExtension(name: string): string {
  return name.replace(/\.(?:exe|cmd|[cm]?[jt]s|py)$/i, "");
}

function baseName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? "";
}
