/** `tollgate policy init`: a starter policy from what a running server says of its tools. */

import { writeFileSync } from "node:fs";
import { CATEGORIES } from "../../policy/category/category.ts";
import { DONE, fail, formatProblem, policyCommand, type PolicyWorld, readArguments } from "../cli/command.ts";
import { starterPolicy, type StarterPolicy } from "./starter-policy.ts";
import { starterJson, starterYaml } from "./starter-text.ts";
import { readSource, readTools, TOOLS_FLAGS, type ToolsSource } from "./tools-source.ts";

const HELP = `Usage: tollgate policy init --upstream URL | -- COMMAND [ARG...] [flags]

Asks a server for its tools and prints a policy to start from: what is not listed is denied, destructive tools are
hidden, every other tool has a limit that suits its category, and each line says why.

  --upstream URL         the server, over Streamable HTTP
  -- COMMAND [ARG...]    the server, over stdio; flags stand before --
  --tools FILE           a recorded answer to tools/list instead
  -o, --output FILE      write the policy there; a file that exists stays as it is
  --force                replace the file
  --format json|yaml     json says why in "description", yaml in comments (by the file's name, else json)
  --pin                  record digests of each tool's definition: deny a tool that has changed
  --help                 this text

Exit codes: 0 done, 1 no policy was written, 64 bad usage, 69 the server could not be asked.
`;

const OPTIONS = {
  ...TOOLS_FLAGS,
  output: { type: "string", short: "o" },
  force: { type: "boolean", default: false },
  format: { type: "string" },
  pin: { type: "boolean", default: false },
} as const;

interface Request {
  readonly source: ToolsSource;
  readonly output: string | undefined;
  readonly isYaml: boolean;
  readonly isForced: boolean;
  readonly isPinned: boolean;
}

export const INIT = policyCommand({
  name: "init",
  summary: "a starter policy from a server's tools/list",
  help: HELP,
  read: readRequest,
  work: init,
});

function readRequest(argv: readonly string[]): Request | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const { output, force: isForced, pin: isPinned } = values;
  const format = values.format ?? (/\.ya?ml$/i.test(output ?? "") ? "yaml" : "json");
  const source = readSource(values, server);
  const problems = [
    ...(positionals.length > 0 ? [`${positionals[0]}: a command stands after --, and a file after -o`] : []),
    ...(source.ok ? [] : [source.problem]),
    ...(source.ok && source.source === undefined
      ? ["a server is required: --upstream URL or -- COMMAND"]
      : []),
    ...formatProblem(format, ["json", "yaml"]),
  ];
  if (problems.length > 0 || !source.ok || source.source === undefined) return problems;
  return { source: source.source, output, isYaml: format === "yaml", isForced, isPinned };
}

async function init(world: PolicyWorld, request: Request): Promise<number> {
  const { source, isYaml, isPinned } = request;
  const listed = await readTools(source);
  if (!listed.ok) return fail(world, listed.problems, listed.exitCode);
  if (listed.tools.length === 0) return fail(world, ["the server lists no tools"]);
  const starter = starterPolicy(listed.tools, { server: listed.server ?? nameOf(source), isPinned });
  const problem = write(world, isYaml ? starterYaml(starter) : starterJson(starter), request);
  if (problem !== undefined) return fail(world, [problem]);
  world.stderr.write(`${summaryOf(starter)}\n${nextStep(request.output)}\n`);
  return DONE;
}

function nameOf(source: ToolsSource): string {
  switch (source.kind) {
    case "file":
      return source.file;
    case "http":
      return source.url.host;
    case "stdio":
      return source.command;
  }
}

/** The policy in its file, or on stdout; why it could not be written. */
function write(world: PolicyWorld, text: string, { output, isForced }: Request): string | undefined {
  if (output === undefined) {
    world.stdout.write(text);
    return undefined;
  }
  try {
    writeFileSync(output, text, { flag: isForced ? "w" : "wx" });
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code !== "EEXIST") return `${output}: cannot be written: ${code}`;
    return `${output}: is there already; name another file, or give --force`;
  }
}

function summaryOf({ listed, hidden }: StarterPolicy): string {
  const tools = [...listed, ...hidden];
  const counts = CATEGORIES.map((category) => {
    const size = tools.filter(({ assignment }) => assignment.category === category).length;
    return size === 0 ? "" : `${size} ${category}${category === "destructive" ? " (hidden)" : ""}`;
  });
  return `${tools.length} tools: ${counts.filter(Boolean).join(", ")}`;
}

function nextStep(output: string | undefined): string {
  const file = output ?? "FILE";
  return `next: read it, then tollgate policy check ${file}, then run with --policy ${file} --mode shadow`;
}
