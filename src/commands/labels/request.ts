/** The command line of `tollgate labels`. */

import { CATEGORIES, type Category } from "../../policy/category/category.ts";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import { formatProblem, readArguments } from "../cli/command.ts";
import { parseToolsSource, TOOLS_FLAGS, type ToolsSource } from "../policy/tools-source.ts";

export type ListFormat = "table" | "json" | "yaml";

export interface LabelsRequest {
  readonly source: ToolsSource;
  /** The policy whose categories count, and whose entries a correction changes; absent: guesses alone. */
  readonly policy: string | undefined;
  readonly format: ListFormat | undefined;
  /** Only labels with less confidence than this; absent: all. */
  readonly below: number | undefined;
  /** Only tools of this category; absent: all. */
  readonly category: Category | undefined;
  /** By tool. */
  readonly set: ReadonlyMap<string, Category>;
  /** A list that this command printed and a person edited; absent without one. */
  readonly corrections: string | undefined;
}

const OPTIONS = {
  ...TOOLS_FLAGS,
  policy: { type: "string" },
  format: { type: "string" },
  below: { type: "string" },
  category: { type: "string" },
  set: { type: "string", multiple: true },
  corrections: { type: "string" },
} as const;

/** The request, or every problem of the command line. */
export function parseLabelsRequest(argv: readonly string[]): LabelsRequest | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const { policy, format, below, corrections } = values;
  const source = parseToolsSource(values, server);
  const set = parseAssignments(values.set ?? []);
  const category = parseCategory("--category", values.category);
  const isPrintingLines = corrections !== undefined || values.set !== undefined;
  const problems = [
    ...positionals.map((word) => `${word}: is no flag; a command stands after --`),
    ...(source.ok ? [] : [source.problem]),
    ...(source.ok && source.source === undefined
      ? ["a server is required: --upstream URL, -- COMMAND or --tools FILE"]
      : []),
    ...(format === undefined ? [] : formatProblem(format, isPrintingLines ? LINES : LIST)),
    ...(below === undefined || isShare(below) ? [] : [`--below: must be from 0 to 1, got "${below}"`]),
    ...(category.problem ?? []),
    ...set.problems,
  ];
  if (problems.length > 0 || !source.ok || source.source === undefined) return problems;
  return {
    source: source.source,
    policy,
    format: LIST.find((known) => known === format),
    below: below === undefined ? undefined : Number(below),
    category: category.category,
    set: set.assigned,
    corrections,
  };
}

const LIST: readonly ListFormat[] = ["table", "json", "yaml"];
const LINES: readonly ListFormat[] = ["json", "yaml"];

function isShare(text: string): boolean {
  return text.trim() !== "" && Number(text) >= 0 && Number(text) <= 1;
}

/** The category with this name; a problem when there is none. `where` begins the problem. */
export function parseCategory(
  where: string,
  word: string | undefined,
): { readonly category?: Category; readonly problem?: readonly string[] } {
  const category = CATEGORIES.find((known) => known === word);
  if (category !== undefined) return { category };
  if (word === undefined) return {};
  const known = CATEGORIES.join(", ");
  return { problem: [`${where}: must be one of ${known}, got "${word}"${didYouMean(word, CATEGORIES)}`] };
}

/** Parses `TOOL=CATEGORY`; a tool's name may itself have an equals sign. */
function parseAssignments(words: readonly string[]) {
  const assigned = new Map<string, Category>();
  const problems = words.flatMap((word) => {
    const end = word.lastIndexOf("=");
    if (end <= 0) return [`--set: must be TOOL=CATEGORY, got "${word}"`];
    const { category, problem } = parseCategory("--set", word.slice(end + 1));
    if (category !== undefined) assigned.set(word.slice(0, end), category);
    return problem ?? [];
  });
  return { assigned, problems };
}
