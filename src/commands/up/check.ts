/** `tollgate up --check`: the file, and every policy that it names. */

import { readFileSync } from "node:fs";
import { readProblem } from "../../config/file-fault.ts";
import { parsePolicies, policyPaths } from "../../config/files/policy-set.ts";
import { readServersFile, type ServersSources, type UpServer } from "../../config/up/servers-file.ts";
import { ALLOW_ALL } from "../../policy/document/compile.ts";
import { type CommandIo, EXIT_OK, EXIT_USAGE, failWith, pluralize, writeLines } from "../cli/command.ts";

/** Returns the exit code. */
export function checkServers(sources: ServersSources, io: CommandIo): number {
  const reading = readServersFile(sources);
  if (!reading.ok) return failWith(io, reading.problems, EXIT_USAGE);
  const { servers } = reading.file;
  const problems = servers.flatMap(policyProblems);
  if (problems.length > 0) return failWith(io, [...new Set(problems)]);
  writeLines(io, [
    `${sources.path}: ${pluralize(servers.length, "server")}, no problems`,
    ...servers.map((server) => `  ${describeServer(server)}`),
  ]);
  return EXIT_OK;
}

function policyProblems({ settings }: UpServer): readonly string[] {
  const bytes: Buffer[] = [];
  for (const path of policyPaths(settings)) {
    try {
      bytes.push(readFileSync(path));
    } catch (error) {
      return [readProblem(path, error)];
    }
  }
  const parsed = parsePolicies(settings, ALLOW_ALL, bytes);
  return parsed.ok ? [] : parsed.problems;
}

function describeServer({ name, settings, command }: UpServer): string {
  const { listen, policy, mode, upstream } = settings;
  const to = upstream.kind === "http" ? upstream.url.href : (command ?? []).join(" ");
  const at = listen.port === 0 ? "a free port" : `${listen.host}:${listen.port}`;
  return `${name}: ${at} -> ${to}, ${policy ?? "no policy"}, ${mode}`;
}
