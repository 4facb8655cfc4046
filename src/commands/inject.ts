/** `tollgate inject`: writes manifests of Kubernetes with the sidecar in them. */

import { readFileSync } from "node:fs";
import {
  asksForHelp,
  type CommandIo,
  EXIT_FAILED,
  EXIT_OK,
  readArguments,
  refuseUsage,
  writeHelp,
} from "./cli/command.ts";
import { escapeInvisible } from "../json/escape-invisible.ts";
import { CHOICE_FLAGS, CHOICES_HELP, readChoiceFlags } from "./inject/choice-flags.ts";
import { injectManifests } from "./inject/manifests.ts";

export const INJECT_HELP = `Usage: tollgate inject -f FILE [flags]
       kubectl get deployment orders -o yaml | tollgate inject -f - | kubectl apply -f -

Writes the manifests of FILE with the sidecar in every Deployment, StatefulSet, DaemonSet, Job, CronJob and Pod, and
leads the Services in it to the sidecar. Comments, order and every other document stay. A second run changes nothing.
The server must listen on 127.0.0.1. A pod with tollgate.dev/inject: disabled is left out; its annotation tollgate.dev/NAME
takes the place of --NAME.

  -f, --file FILE             manifests in YAML or JSON; - is stdin; given twice: one after the other
  --uninject                  take out again what inject wrote
${CHOICES_HELP}
  --help                      this text

Examples: tollgate inject -f deployment.yaml --policy-configmap policy | kubectl apply -f -
          kubectl get deployment shop -o yaml | tollgate inject -f - --uninject
Exit codes: 0 done, 1 a file cannot be read or a manifest not be changed, and nothing was written; 64 bad usage.
`;

const COMMAND = "tollgate inject";
const STDIN = 0;

const FLAGS = {
  file: { type: "string", short: "f", multiple: true },
  uninject: { type: "boolean" },
  ...CHOICE_FLAGS,
} as const;

/** Returns the exit code. */
export async function runInject(argv: readonly string[], io: CommandIo): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, INJECT_HELP);
  const given = readArguments(argv, FLAGS);
  if (!given.ok) return refuseUsage(io, COMMAND, [given.problem]);
  const files = [...(given.values.file ?? []), ...given.positionals];
  const choices = readChoiceFlags(given.values);
  const problems = [
    ...(files.length === 0 ? ["--file: is missing; name the manifests, or - for stdin"] : []),
    ...choices.problems,
  ];
  if (problems.length > 0) return refuseUsage(io, COMMAND, problems);
  const texts = files.map(readManifests);
  const unread = texts.flatMap(({ problem }) => problem ?? []);
  if (unread.length > 0) return fail(io, unread);
  const text = texts.map((read) => read.text).reduce(append);
  const outcome = injectManifests(text, given.values.uninject === true ? undefined : choices.choices);
  if (outcome.text === undefined) return fail(io, outcome.problems);
  for (const note of outcome.notes) io.stderr.write(`${COMMAND}: ${escapeInvisible(note)}\n`);
  if (outcome.notes.length === 0) io.stderr.write(`${COMMAND}: nothing to change\n`);
  io.stdout.write(outcome.text);
  return EXIT_OK;
}

function readManifests(file: string): { readonly text: string; readonly problem?: string } {
  try {
    return { text: readFileSync(file === "-" ? STDIN : file, "utf8") };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { text: "", problem: `${file}: cannot be read: ${because}` };
  }
}

/** One file after the other, as documents of their own. */
function append(before: string, after: string): string {
  const ended = before === "" || before.endsWith("\n") ? before : `${before}\n`;
  return after.startsWith("---") ? ended + after : `${ended}---\n${after}`;
}

function fail(io: CommandIo, problems: readonly string[]): number {
  for (const problem of problems) io.stderr.write(`${COMMAND}: ${escapeInvisible(problem)}\n`);
  return EXIT_FAILED;
}
