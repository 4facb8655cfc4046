/** Recognises the command of a wrapped server: Tollgate, its flags, `--`, and the command of the server. */

export interface WrappedCommand {
  /** Tollgate's program and flags, without `--`. */
  readonly own: readonly string[];
  /** The command line of the server. */
  readonly server: readonly string[];
}

const PROGRAM = /(?:^|[\\/])(?:mcp-)?tollgate(?:\.exe|\.cmd)?$/i;
const PACKAGE = /(?:^|[\\/])mcp-tollgate(?:$|@|[\\/])/i;
/** Flags that `tollgate clients wrap` always writes: they show its commands when Tollgate lies in a folder of another name. */
const WRITTEN = ["--server", "--agent", "--admin", "--policy"];

/** Undefined when the command starts no Tollgate before a server. */
export function wrappedCommand(command: string, args: readonly string[]): WrappedCommand | undefined {
  const end = args.indexOf("--");
  if (end < 0) return undefined;
  const own = [command, ...args.slice(0, end)];
  const program = own.slice(0, firstFlag(own));
  const isTollgate =
    program.some((word) => PROGRAM.test(word) || PACKAGE.test(word)) ||
    WRITTEN.every((flag) => own.includes(flag));
  return isTollgate ? { own, server: args.slice(end + 1) } : undefined;
}

/** The position of the first flag of Tollgate: after the program, or after the package that npx starts. */
function firstFlag(own: readonly string[]): number {
  const at = own.findIndex((word) => word.startsWith("--") && word !== "--yes");
  return at < 0 ? own.length : at;
}

/** The value of a flag of Tollgate's own; undefined when it is not given. */
export function flagOf({ own }: WrappedCommand, flag: string): string | undefined {
  const at = own.indexOf(flag);
  return at < 0 ? own.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1) : own[at + 1];
}
