/** `tollgate clients unwrap`: takes Tollgate out of the files of clients. */

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
import { findFiles } from "./find-files.ts";
import { planUnwrap } from "./plan-unwrap.ts";
import {
  type ClientsIo,
  COMMON_FLAGS,
  COMMON_FLAGS_HELP,
  commonRequest,
  confirmProblem,
  WRITE_FLAGS,
} from "./request.ts";
import { changeLines, changesValue, countLine, isConfirmed, writeNothing } from "./show-changes.ts";
import { readState } from "./state.ts";
import { unknownNames } from "./wrap.ts";
import { writeUnwrap } from "./write-unwrap.ts";

export const UNWRAP_HELP = `Usage: tollgate clients unwrap [SERVER...] [flags]

Takes Tollgate out of the files of clients. A file that is as wrap left it is restored byte for byte; in any other
only the wrapped entries change back. Policies stay.
Without SERVER, every entry that tollgate clients wrap has written; with SERVER, also entries that were wrapped by hand.

  --scope user|project|all  whose files are changed (all)
  -y, --yes                 write without a question
  --dry-run                 show only
${COMMON_FLAGS_HELP}

Examples: tollgate clients unwrap --yes
          tollgate clients unwrap github --client cursor --dry-run
Exit codes: 0 done, 1 a file cannot be read or written; 64 bad usage.
`;

const COMMAND = "tollgate clients unwrap";
const FLAGS = { ...COMMON_FLAGS, ...WRITE_FLAGS } as const;

/** Returns the exit code. */
export async function runUnwrap(argv: readonly string[], io: ClientsIo): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, UNWRAP_HELP);
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { values, positionals: names } = read;
  const common = commonRequest(values, io, "all");
  const problems = Array.isArray(common) ? common : confirmProblem(values, common, io);
  if (Array.isArray(common) || problems.length > 0) return refuseUsage(io, COMMAND, problems);
  const { machine, choice, folder, isJson } = common;
  const stored = readState(folder);
  if (!stored.ok) return failWith(io, [stored.problem]);
  const found = findFiles(machine, choice, stored.state.entries);
  const unknown = found.problems.length > 0 ? [] : unknownNames(names, found.files);
  if (found.problems.length > 0 || unknown.length > 0) return failWith(io, [...found.problems, ...unknown]);
  const files = planUnwrap(found.files, names, stored.state);
  if (!isJson) writeLines(io, files.flatMap(changeLines));
  const isWritten =
    files.length > 0 && !values["dry-run"] && (values.yes || (await isConfirmed(io, files.length)));
  const result = isWritten ? writeUnwrap(folder, files, stored) : { changed: [] };
  if (result.problem !== undefined) return failWith(io, [result.problem]);
  if (isJson) writeJson(io, { written: isWritten, changes: changesValue(files) });
  else if (isWritten)
    writeLines(io, [
      countLine("unwrapped", files),
      ...result.changed.map(changedLine),
      "next: restart the clients",
    ]);
  else if (files.length === 0) writeLines(io, ["no wrapped server was found; see tollgate clients list"]);
  else writeNothing(io);
  return EXIT_OK;
}

function changedLine({ path, backup }: { readonly path: string; readonly backup: string }): string {
  return `${path}: had changed since it was wrapped, so that only its entries were changed back; the copy from before is ${backup}`;
}
