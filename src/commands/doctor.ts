/** `tollgate doctor`: looks at a set-up, and says what to mend. */

import { parseSettings } from "../config/settings/parse-settings.ts";
import type { Settings } from "../config/settings/settings.ts";
import {
  type CommandIo,
  EXIT_FAILED,
  EXIT_OK,
  formatProblem,
  pluralize,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "./cli/command.ts";
import { withProgress } from "./cli/progress.ts";
import { parseRunFlags } from "./run-flags.ts";
import { checkFiles } from "./doctor/check-files.ts";
import { checkListeners } from "./doctor/check-listeners.ts";
import { checkPolicy } from "./doctor/check-policy.ts";
import { checkStore } from "./doctor/check-store.ts";
import { checkUpstream } from "./doctor/check-upstream.ts";
import { DOCTOR_HELP } from "./doctor/doctor-help.ts";
import { finding, type Finding } from "./doctor/findings.ts";

export interface DoctorIo extends CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Why a server can be, or may be, reached round the sidecar; undefined when it cannot. */
  readonly describeIsolation: (upstream: URL) => Promise<string | undefined>;
}

/** Of bad usage: 1 is a fault that was found. See docs/decisions/0157-exit-codes-of-the-doctor.md. */
const EXIT_BAD_USAGE = 2;
const COMMAND = "tollgate doctor";

/** Returns the exit code. */
export async function runDoctor(argv: readonly string[], io: DoctorIo): Promise<number> {
  const given = parseRunFlags(argv, ["format"]);
  if ("problem" in given) return refuse(io, [given.problem]);
  if (given.isHelp) return writeHelp(io, DOCTOR_HELP);
  const { format = "text", ...flags } = given.flags;
  const problems = formatProblem(String(format));
  if (problems.length > 0) return refuse(io, problems);
  const parsed = parseSettings({
    flags,
    environment: io.environment,
    isTerminal: false,
    ...(given.command && { command: given.command }),
  });
  const findings = parsed.ok
    ? await examine(parsed.settings, io)
    : parsed.report.map((problem) => finding("settings-bad", problem));
  return report(findings, format === "json", io);
}

function refuse(io: DoctorIo, problems: readonly string[]): number {
  refuseUsage(io, COMMAND, problems);
  return EXIT_BAD_USAGE;
}

async function examine(settings: Settings, io: DoctorIo): Promise<readonly Finding[]> {
  const upstream = await watch("the server", io, () => checkUpstream(settings.upstream));
  const isolation = await watch("isolation", io, () => checkIsolation(settings, io));
  const listeners = await watch("the ports", io, () => checkListeners(settings));
  const store = await watch("the store", io, () => checkStore(settings));
  return [
    finding("settings-good", "the settings have no problem"),
    ...checkPolicy(settings, upstream.tools),
    ...upstream.findings,
    ...isolation,
    ...listeners,
    store,
    ...checkFiles(settings),
  ];
}

function watch<T>(area: string, { stderr }: DoctorIo, check: () => Promise<T>): Promise<T> {
  return withProgress(stderr, () => `looking at ${area}`, check);
}

async function checkIsolation(
  { upstream, requireIsolation }: Settings,
  { describeIsolation }: DoctorIo,
): Promise<Finding[]> {
  if (upstream.kind === "stdio")
    return [finding("isolation-good", "a server over stdio is reached by Tollgate alone")];
  const because = await describeIsolation(upstream.url);
  if (because === undefined) return [finding("isolation-good", "the server is reached on loopback alone")];
  return [finding("isolation-exposed", because, requireIsolation ? "fault" : "warning")];
}

const SIGNS = { ok: "ok     ", warning: "WARNING", fault: "FAULT  " } as const;

function report(findings: readonly Finding[], asJson: boolean, io: DoctorIo): number {
  const count = (level: Finding["level"]): number => findings.filter((each) => each.level === level).length;
  const [faults, warnings] = [count("fault"), count("warning")];
  if (asJson) writeJson(io, { faults, warnings, findings });
  else
    writeLines(io, [
      ...findings.flatMap(textOf),
      `${pluralize(faults, "fault")}, ${pluralize(warnings, "warning")}`,
    ]);
  return faults > 0 ? EXIT_FAILED : EXIT_OK;
}

function textOf({ area, level, found, fix }: Finding): string[] {
  const line = `${SIGNS[level]}  ${area.padEnd(9)}  ${found}`;
  return level === "ok" || fix === null ? [line] : [line, `${" ".repeat(20)}-> ${fix}`];
}
