/** `tollgate clients wrap`: puts Tollgate before the servers in the files of clients. */

import { join } from "node:path";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import {
  asksForHelp,
  EXIT_OK,
  failWith,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import { type ClientFile, findFiles } from "./find-files.ts";
import { LAUNCHERS, launcherWords, presetLauncher } from "./launcher.ts";
import { planWrap, type ServerChoice, type WrapContext, type WrapPlan } from "./plan-wrap.ts";
import {
  type ClientsIo,
  COMMON_FLAGS,
  COMMON_FLAGS_HELP,
  commonRequest,
  type CommonRequest,
  confirmProblem,
  WRITE_FLAGS,
} from "./request.ts";
import {
  changeLines,
  changesValue,
  countLine,
  isConfirmed,
  skippedLine,
  writeNothing,
} from "./show-changes.ts";
import { readState } from "./state.ts";
import { noFilesLines } from "./list.ts";
import { upFile } from "./up-file.ts";
import { writeWrap } from "./write-wrap.ts";

export const WRAP_HELP = `Usage: tollgate clients wrap [SERVER...] [flags]

Puts Tollgate before the servers that clients start, each with a policy of its own in mode shadow: every call passes, and
calls that the policy would deny are counted. Shows what changes, asks, and keeps a copy of each file.
Without SERVER, every server that is started by a command. Files of a project are often shared: --scope says so.

  --http                    servers at an address, too: tollgate up must then run
  --scope user|project|all  whose files are changed (user)
  --mode shadow|enforce     what new policies do (shadow)
  --launcher path|npx|name  how clients start Tollgate: by its path, by npx, or as tollgate (path)
  -y, --yes                 write without a question
  --dry-run                 show only
${COMMON_FLAGS_HELP}

Examples: tollgate clients wrap --dry-run
          tollgate clients wrap github --client cursor,claude-code --yes
Exit codes: 0 done, 1 a file cannot be read or written; 64 bad usage.
`;

const COMMAND = "tollgate clients wrap";
const FLAGS = {
  ...COMMON_FLAGS,
  ...WRITE_FLAGS,
  http: { type: "boolean", default: false },
  mode: { type: "string", default: "shadow" },
  launcher: { type: "string" },
} as const;

/** Returns the exit code. */
export async function runWrap(argv: readonly string[], io: ClientsIo): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, WRAP_HELP);
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { values, positionals: names } = read;
  const common = commonRequest(values, io, "user");
  const launcher = LAUNCHERS.find((one) => one === (values.launcher ?? presetLauncher(io.program)));
  const problems = [
    ...(Array.isArray(common) ? common : confirmProblem(values, common, io)),
    ...(launcher === undefined ? [`--launcher: must be path, npx or name, got "${values.launcher}"`] : []),
    ...(["shadow", "enforce"].includes(values.mode)
      ? []
      : [`--mode: must be shadow or enforce, got "${values.mode}"`]),
  ];
  if (Array.isArray(common) || launcher === undefined || problems.length > 0)
    return refuseUsage(io, COMMAND, problems);
  const { machine, choice, folder } = common;
  const stored = readState(folder);
  if (!stored.ok) return failWith(io, [stored.problem]);
  const found = findFiles(machine, choice);
  const unknown = found.problems.length > 0 ? [] : unknownNames(names, found.files);
  if (found.problems.length > 0 || unknown.length > 0) return failWith(io, [...found.problems, ...unknown]);
  const context: WrapContext = {
    machine,
    folder,
    state: stored.state,
    launcher: launcherWords(launcher, io.program, machine),
    mode: values.mode,
    ...(io.isPortFree && { isPortFree: io.isPortFree }),
  };
  const plan = await planWrap(found.files, chooser(names, values.http), context);
  if (found.files.length === 0 && !common.isJson) writeLines(io, noFilesLines(found.looked));
  return finish(plan, { ...common, isDry: values["dry-run"], isYes: values.yes }, io, stored);
}

interface Finish extends CommonRequest {
  readonly isDry: boolean;
  readonly isYes: boolean;
}

async function finish(
  plan: WrapPlan,
  request: Finish,
  io: ClientsIo,
  stored: Parameters<typeof writeWrap>[2],
): Promise<number> {
  const { isJson, isDry, isYes, folder } = request;
  if (!isJson) writeLines(io, [...plan.files.flatMap(changeLines), ...plan.skipped.map(skippedLine)]);
  const isWritten = plan.files.length > 0 && !isDry && (isYes || (await isConfirmed(io, plan.files.length)));
  const problem = isWritten ? writeWrap(folder, plan, stored) : undefined;
  if (problem !== undefined) return failWith(io, [problem]);
  if (isJson) writeJson(io, valueOf(plan, isWritten));
  else if (isWritten) writeLines(io, doneLines(plan, request));
  else writeNothing(io);
  return EXIT_OK;
}

/** Names choose servers of every transport; without names it is those that a command starts, and with `--http` all. */
function chooser(names: readonly string[], isHttp: boolean): ServerChoice {
  return ({ name, transport }) =>
    names.length > 0 ? names.includes(name) : transport === "stdio" || (isHttp && transport !== "unknown");
}

/** One problem for each name that no file has. */
export function unknownNames(names: readonly string[], files: readonly ClientFile[]): string[] {
  const known = new Set(files.flatMap(({ servers }) => servers.map(({ name }) => name)));
  return names
    .filter((name) => !known.has(name))
    .map(
      (name) => `no file has a server "${name}"${didYouMean(name, known) || "; see tollgate clients list"}`,
    );
}

function doneLines(plan: WrapPlan, { folder }: CommonRequest): readonly string[] {
  const served = Object.keys(plan.up);
  return [
    countLine("wrapped", plan.files),
    `policies: ${join(folder, "policies")}; copies of the files as they were: ${join(folder, "backups")}`,
    ...(served.length === 0
      ? []
      : [`${served.join(", ")}: reached only while this runs: tollgate up ${upFile(folder)}`]),
    "next: restart the clients, then tollgate clients status; tollgate clients unwrap takes all of it back",
  ];
}

function valueOf({ files, skipped }: WrapPlan, isWritten: boolean): object {
  return {
    written: isWritten,
    changes: changesValue(files),
    skipped: skipped.map(({ file, server, reason }) => ({
      client: file.client.id,
      file: file.path,
      server,
      reason,
    })),
  };
}
