/** `tollgate labels`: lists a server's tools with their categories, and prints the policy entries that correct them. */

import { policyFormat, printPolicyLines } from "../config/files/policy-lines.ts";
import { readPolicyFile } from "../config/files/policy-file.ts";
import type { Json } from "../json/json.ts";
import type { Category } from "../policy/category/category.ts";
import type { CompiledPolicy } from "../policy/document/compile.ts";
import { correctLabel } from "../policy/lint/correct-label.ts";
import {
  asksForHelp,
  type CommandIo,
  EXIT_OK,
  failWith,
  refuseUsage,
  writeHelp,
  writeLines,
} from "./cli/command.ts";
import { escapeInvisible } from "../json/escape-invisible.ts";
import { changedCategories, readEditedList } from "./labels/corrections.ts";
import { type Label, labelDocument, labelTable, labelTools } from "./labels/listing.ts";
import { type LabelsRequest, parseLabelsRequest } from "./labels/request.ts";
import { loadTools } from "./policy/tools-source.ts";

export const LABELS_HELP = `Usage: tollgate labels --upstream URL | -- COMMAND [ARG...] | --tools FILE [flags]

Lists a server's tools with their categories: where each comes from, how sure it is, and why.
With --set or --corrections it prints the policy lines that assign other categories.

  --upstream URL         the server, over Streamable HTTP
  -- COMMAND [ARG...]    the server, over stdio; flags stand before --
  --tools FILE           a recorded tools/list result instead
  --policy FILE          also the categories that this policy assigns, and the entries that it has
  --below NUMBER         only labels that are less sure, as in 0.7
  --category NAME        only read, write, execute, destructive, financial or unknown
  --set TOOL=CATEGORY    print the lines for this tool; may be given several times
  --corrections FILE     print the lines for each category that was edited in FILE, a list of --format yaml or json
  --format table|json|yaml   of the list (table); of the lines json or yaml (by the name of the policy, or else yaml)
  --help                 this text

Examples
  tollgate labels --upstream http://127.0.0.1:3000/mcp --below 0.7
  tollgate labels --tools tools.json --format yaml > labels.yaml    # edit it, then
  tollgate labels --tools tools.json --corrections labels.yaml

Exit codes: 0 done, 1 a file cannot be read or a tool does not exist, 64 bad usage, 69 the server cannot be reached.
`;

/** Returns the exit code. */
export async function runLabels(argv: readonly string[], io: CommandIo): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, LABELS_HELP);
  const request = parseLabelsRequest(argv);
  if (Array.isArray(request)) return refuseUsage(io, "tollgate labels", request);
  const loaded = request.policy === undefined ? undefined : readPolicyFile(request.policy);
  if (loaded?.ok === false) return failWith(io, loaded.problems);
  const listed = await loadTools(request.source, io);
  if (!listed.ok) return failWith(io, listed.problems, listed.exitCode);
  const labels = labelTools(listed.tools, loaded?.policy);
  if (request.set.size === 0 && request.corrections === undefined) return writeList(io, labels, request);
  return writeCorrections(io, labels, { request, policy: loaded?.policy });
}

function writeList(io: CommandIo, labels: readonly Label[], request: LabelsRequest): number {
  const { format = "table", below = Infinity, category } = request;
  const shown = labels.filter(
    (label) => label.confidence < below && (category === undefined || label.category === category),
  );
  if (format === "table")
    writeLines(io, labels.length === 0 ? ["the server lists no tools"] : labelTable(shown));
  else io.stdout.write(labelDocument(shown, format));
  return EXIT_OK;
}

interface CorrectionParts {
  readonly request: LabelsRequest;
  readonly policy: CompiledPolicy | undefined;
}

function writeCorrections(
  io: CommandIo,
  labels: readonly Label[],
  { request, policy }: CorrectionParts,
): number {
  const bySet = changedCategories(labels, request.set);
  const byList = request.corrections === undefined ? undefined : readEditedList(request.corrections, labels);
  const problems = [...bySet.problems, ...(byList?.problems ?? [])];
  if (problems.length > 0) return failWith(io, problems);
  const changed = new Map([...(byList?.changed ?? []), ...bySet.changed]);
  if (changed.size === 0) {
    io.stderr.write("tollgate: nothing to correct: every category is as given\n");
    return EXIT_OK;
  }
  const { format = policyFormat(request.policy ?? ".yaml") } = request;
  io.stdout.write(printLines(io, changed, { policy, format: format === "json" ? "json" : "yaml" }));
  return EXIT_OK;
}

/** Prints the lines to add; remarks on them go to stderr. */
function printLines(
  io: CommandIo,
  changed: ReadonlyMap<string, Category>,
  { policy, format }: { readonly policy: CompiledPolicy | undefined; readonly format: "json" | "yaml" },
): string {
  const tools = Array.from(changed, ([name, category]): [string, Json] => {
    const { key, entry, note } = correctLabel(policy, name, category);
    if (note !== undefined)
      io.stderr.write(`tollgate: ${escapeInvisible(`${JSON.stringify(name)}: ${note}`)}\n`);
    return [key, entry];
  });
  return printPolicyLines(new Map([["tools", new Map(tools)]]), format);
}
