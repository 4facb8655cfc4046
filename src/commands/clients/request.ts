/** The part that all commands of `tollgate clients` have: flags, and the whole course of those that change nothing. */

import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import {
  asksForHelp,
  EXIT_FAILED,
  EXIT_OK,
  failWith,
  formatProblem,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import type { ControlCommandIo } from "../control/admin-client.ts";
import type { PortProbe } from "./admin-ports.ts";
import { CLIENTS } from "./client-table.ts";
import { type FileChoice, findFiles, type FoundFiles } from "./find-files.ts";
import type { OwnProgram } from "./launcher.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { type ClientsState, readState } from "./state.ts";

export interface ClientsIo extends ControlCommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** The program that runs now. */
  readonly program: OwnProgram;
  /** Absent: this machine. */
  readonly machine?: Machine;
  /** Absent: ports are tried. */
  readonly isPortFree?: PortProbe;
}

export const COMMON_FLAGS = {
  client: { type: "string", multiple: true },
  scope: { type: "string" },
  project: { type: "string" },
  file: { type: "string" },
  folder: { type: "string" },
  format: { type: "string", default: "text" },
  help: { type: "boolean", short: "h" },
} as const;

export const COMMON_FLAGS_HELP = `  --client NAME,...         only these: ${CLIENTS.map(({ id }) => id).join(", ")}
  --project FOLDER          the project whose files are read (this folder)
  --file FILE               this file in place of the known ones; with --client, which says how to read it
  --folder FOLDER           where policies, backups and the record of changes lie (~/.tollgate)
  --format text|json        (text)
  --help                    this text`;

/** Flags of the commands that write. */
export const WRITE_FLAGS = {
  yes: { type: "boolean", short: "y", default: false },
  "dry-run": { type: "boolean", default: false },
} as const;

export interface CommonRequest {
  readonly machine: Machine;
  readonly choice: FileChoice;
  readonly folder: string;
  readonly isJson: boolean;
}

interface CommonValues {
  readonly client?: readonly string[] | undefined;
  readonly scope?: string | undefined;
  readonly project?: string | undefined;
  readonly file?: string | undefined;
  readonly folder?: string | undefined;
  readonly format: string;
}

const SCOPES = ["user", "project", "all"];
const IDS = CLIENTS.map(({ id }) => id);

/** The request, or the problems of the command line. */
export function commonRequest(
  values: CommonValues,
  io: ClientsIo,
  presetScope: string,
): CommonRequest | string[] {
  const clients = (values.client ?? []).flatMap((list) => list.split(",")).filter((id) => id !== "");
  const { scope = presetScope, file, format } = values;
  const problems = [
    ...clients.filter((id) => !IDS.includes(id)).map(unknownClient),
    ...(SCOPES.includes(scope) ? [] : [`--scope: must be ${SCOPES.join(" or ")}, got "${scope}"`]),
    ...(file !== undefined && clients.length !== 1
      ? ["--file: needs one --client, which says how to read it"]
      : []),
    ...formatProblem(format),
  ];
  if (problems.length > 0) return problems;
  const machine = io.machine ?? thisMachine(io.environment, resolve(values.project ?? "."));
  const scopes =
    scope === "all"
      ? (["user", "project"] as const)
      : scope === "user"
        ? (["user"] as const)
        : (["project"] as const);
  return {
    machine,
    choice: { clients, scopes, ...(file !== undefined && { file }) },
    folder: resolve(values.folder ?? join(io.machine?.home ?? homedir(), ".tollgate")),
    isJson: format === "json",
  };
}

function unknownClient(id: string): string {
  return `--client: unknown client "${id}"${didYouMean(id, IDS)}${didYouMean(id, IDS) === "" ? `; known: ${IDS.join(", ")}` : ""}`;
}

/** Whether the changes may be written: by flag, or by the answer on the terminal. A string is the problem of the command line. */
export function confirmProblem(
  { yes, "dry-run": isDry }: { readonly yes: boolean; readonly "dry-run": boolean },
  { isJson }: CommonRequest,
  { stdin }: ClientsIo,
): string[] {
  if (yes && isDry) return ["--yes: must not stand beside --dry-run: choose one of the two"];
  if (yes || isDry) return [];
  if (isJson) return ["--format json: asks no question: give --yes to write, or --dry-run to see"];
  return stdin.isTTY === true
    ? []
    : ["stdin is no terminal to ask on: give --yes to write, or --dry-run to see"];
}

/** The same in both forms of output. */
export interface Shown {
  readonly lines: readonly string[];
  readonly value: object;
}

export interface ShowCommand {
  /** As messages name it: `tollgate clients list`. */
  readonly command: string;
  readonly help: string;
  readonly show: (found: FoundFiles, state: ClientsState, io: ClientsIo) => Shown | Promise<Shown>;
}

/** Returns the exit code. */
export async function showFiles(
  argv: readonly string[],
  io: ClientsIo,
  { command, help, show }: ShowCommand,
): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, help);
  const read = readArguments(argv, COMMON_FLAGS);
  if (!read.ok) return refuseUsage(io, command, [read.problem]);
  const common = commonRequest(read.values, io, "all");
  if (Array.isArray(common)) return refuseUsage(io, command, common);
  const [extra] = read.positionals;
  if (extra !== undefined) return refuseUsage(io, command, [`unexpected \`${extra}\``]);
  const stored = readState(common.folder);
  if (!stored.ok) return failWith(io, [stored.problem]);
  const found = findFiles(common.machine, common.choice, stored.state.entries);
  const { lines, value } = await show(found, stored.state, io);
  if (common.isJson) writeJson(io, value);
  else writeLines(io, lines);
  if (found.problems.length > 0 && !common.isJson) failWith(io, found.problems);
  return found.problems.length > 0 ? EXIT_FAILED : EXIT_OK;
}
