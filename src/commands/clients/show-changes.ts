/** Shows planned changes of configuration files, and asks whether to write them. */

import { createInterface } from "node:readline/promises";
import { pluralize, writeLines } from "../cli/command.ts";
import type { PlannedEntry, PlannedFile, SkippedServer } from "./plan-wrap.ts";
import type { ClientsIo } from "./request.ts";
import { diffLines } from "./text/diff.ts";

/** Each file with its entries, then the lines that change; values that may be credentials are `"[hidden]"`. */
export function changeLines({ file, entries, hidden }: PlannedFile): readonly string[] {
  const edits = entries.flatMap((entry) => entry.edits);
  return [
    `${file.client.title}: ${file.path}`,
    ...entries.map((entry) => `  ${entryLine(entry)}`),
    ...diffLines(file.text, edits, hidden),
    "",
  ];
}

function entryLine({ server, path, record }: PlannedEntry): string {
  const inProject = path[0] === "projects" ? ` (project ${path[1]})` : "";
  if (record === undefined) return `${server}${inProject}: is taken out of its wrapping`;
  const way = record.kind === "http" ? `, reached at ${record.url}` : "";
  return `${server}${inProject}: policy ${record.policy}, admin ${record.admin}${way}`;
}

export function skippedLine({ file, server, reason }: SkippedServer): string {
  return `left as it is: ${server} of ${file.client.title} ${reason}`;
}

/** Whether the person at the terminal says yes. */
export async function isConfirmed(io: ClientsIo, files: number): Promise<boolean> {
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await lines.question(`Write these changes to ${pluralize(files, "file")}? [y/N] `);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** `wrapped 3 servers in 2 files`. */
export function countLine(verb: string, files: readonly PlannedFile[]): string {
  const servers = files.reduce((sum, { entries }) => sum + entries.length, 0);
  return `${verb} ${pluralize(servers, "server")} in ${pluralize(files.length, "file")}`;
}

/** The same for programs. */
export function changesValue(files: readonly PlannedFile[]): readonly object[] {
  return files.flatMap(({ file, entries }) =>
    entries.map(({ server, path, record }) => ({
      client: file.client.id,
      scope: file.scope,
      file: file.path,
      server,
      path,
      ...(record !== undefined && {
        policy: record.policy,
        admin: record.admin,
        ...(record.kind === "http" && { url: record.url }),
      }),
    })),
  );
}

export function writeNothing(io: ClientsIo): void {
  writeLines(io, ["nothing was written"]);
}
