/** The outcome of every mutant, from Stryker's report. */

import { z } from "zod";

const STATUSES = [
  "Killed",
  "Timeout",
  "Survived",
  "NoCoverage",
  "RuntimeError",
  "CompileError",
  "Ignored",
] as const;

const POSITION = z.object({ line: z.number(), column: z.number() });
const REPORT = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          mutatorName: z.string(),
          replacement: z.string(),
          status: z.enum(STATUSES),
          location: z.object({ start: POSITION, end: POSITION }),
        }),
      ),
    }),
  ),
});

type ReportedFile = z.infer<typeof REPORT>["files"][string];
type ReportedMutant = ReportedFile["mutants"][number];

/** A mutant that no test detected. */
export interface Survivor {
  readonly file: string;
  readonly line: number;
  readonly mutator: string;
  /** The replaced source and its replacement, on one line each. */
  readonly original: string;
  readonly replacement: string;
}

export interface FileOutcome {
  readonly file: string;
  readonly mutants: number;
  /** Detected by a failing test. */
  readonly killed: number;
  /** Detected because a test timed out. */
  readonly timedOut: number;
  /** Includes mutants that no test runs. */
  readonly survived: number;
  /** Mutants that broke the test run itself; not counted in the score. */
  readonly invalid: number;
  readonly survivors: readonly Survivor[];
}

/** Returns the outcomes of a run, with those of later runs in the place of the same file's. */
export function replaceOutcomes(
  first: readonly FileOutcome[],
  later: readonly (readonly FileOutcome[])[],
): readonly FileOutcome[] {
  const byFile = new Map([first, ...later].flat().map((outcome) => [outcome.file, outcome]));
  return Array.from(byFile.values());
}

/** Returns one outcome for each file, sorted by name. @throws when `json` is not a report, or when mutants were ignored */
export function readOutcomes(json: unknown): FileOutcome[] {
  const { files } = REPORT.parse(json);
  return Object.entries(files)
    .map(([file, reported]) => outcomeOf(file, reported))
    .toSorted((one, other) => (one.file < other.file ? -1 : 1));
}

/** Returns the share of valid mutants that were detected, 0 to 100; 100 when there are none. */
export function mutationScore(
  fates: readonly Pick<FileOutcome, "killed" | "timedOut" | "survived">[],
): number {
  let noticed = 0;
  let all = 0;
  for (const { killed, timedOut, survived } of fates) {
    noticed += killed + timedOut;
    all += killed + timedOut + survived;
  }
  return all === 0 ? 100 : (100 * noticed) / all;
}

function outcomeOf(file: string, { source, mutants }: ReportedFile): FileOutcome {
  const count = (...statuses: readonly ReportedMutant["status"][]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  if (count("Ignored") > 0) throw new Error(`${file}: some mutants were ignored, run all of them`);
  const survivors = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  return {
    file,
    mutants: mutants.length,
    killed: count("Killed"),
    timedOut: count("Timeout"),
    survived: survivors.length,
    invalid: count("RuntimeError", "CompileError"),
    survivors: survivors
      .map((mutant) => survivorOf(file, source, mutant))
      .toSorted((one, other) => one.line - other.line),
  };
}

function survivorOf(file: string, source: string, mutant: ReportedMutant): Survivor {
  const { start, end } = mutant.location;
  return {
    file,
    line: start.line,
    mutator: mutant.mutatorName,
    original: oneLine(source.slice(offsetOf(source, start), offsetOf(source, end))),
    replacement: oneLine(mutant.replacement),
  };
}

/** Lines and columns of a report start at 1. */
function offsetOf(source: string, { line, column }: z.infer<typeof POSITION>): number {
  const before = source.split("\n").slice(0, line - 1);
  return before.reduce((sum, text) => sum + text.length + 1, column - 1);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
