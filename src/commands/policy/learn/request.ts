/** Parses the command line of `tollgate policy learn`. */

import { didYouMean } from "../../../policy/schema/did-you-mean.ts";
import { parseTimeBound } from "../../audit/time-bound.ts";
import { formatProblem, readArguments } from "../../cli/command.ts";
import { parseToolsSource, TOOLS_FLAGS, type ToolsSource } from "../tools-source.ts";
import { type LearnWindow, WINDOWS } from "./learned-policy.ts";
import type { LogSpan } from "./read-logs.ts";

export interface LearnRequest {
  readonly logs: readonly string[];
  readonly source: ToolsSource | undefined;
  readonly span: LogSpan;
  readonly window: LearnWindow;
  readonly headRoom: number;
  readonly maxValues: number;
  readonly isEnforced: boolean;
  readonly isPerAgent: boolean;
  /** A file, or a folder with `isPerAgent`; absent: stdout. */
  readonly out: string | undefined;
  readonly isYaml: boolean;
  readonly isForced: boolean;
}

const OPTIONS = {
  ...TOOLS_FLAGS,
  audit: { type: "string", multiple: true },
  since: { type: "string" },
  until: { type: "string" },
  window: { type: "string", default: "hour" },
  "head-room": { type: "string", default: "1.5" },
  values: { type: "string", default: "10" },
  mode: { type: "string", default: "shadow" },
  "per-agent": { type: "boolean", default: false },
  out: { type: "string", short: "o" },
  force: { type: "boolean", default: false },
  format: { type: "string" },
} as const;

const MAX_VALUES = 1_000;
const MAX_HEAD_ROOM = 1_000;

/** Returns the request, or the problems of the command line. Relative times count back from `nowMs`. */
export function parseLearnRequest(argv: readonly string[], nowMs = Date.now()): LearnRequest | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const { out, since, until, window, mode } = values;
  const logs = [...(values.audit ?? []), ...positionals];
  const format = values.format ?? (/\.ya?ml$/i.test(out ?? "") || values["per-agent"] ? "yaml" : "json");
  const source = parseToolsSource(withUrl(values), server);
  const chosen = (Object.keys(WINDOWS) as LearnWindow[]).find((name) => name === window);
  const problems = [
    ...(logs.length === 0
      ? ["--audit: is required: a log that tollgate run --audit wrote, or - for stdin"]
      : []),
    ...(source.ok ? [] : [source.problem]),
    ...timeProblem("--since", since, nowMs),
    ...timeProblem("--until", until, nowMs),
    ...wordProblem("--window", window, Object.keys(WINDOWS)),
    ...wordProblem("--mode", mode, ["shadow", "enforce"]),
    ...numberProblem("--head-room", values["head-room"], {
      least: 1,
      most: MAX_HEAD_ROOM,
      form: /^\d+(?:\.\d+)?$/,
    }),
    ...numberProblem("--values", values.values, { least: 0, most: MAX_VALUES, form: /^\d+$/ }),
    ...(values["per-agent"] && out === undefined ? ["--per-agent: needs --out with a folder"] : []),
    ...formatProblem(format, ["json", "yaml"]),
  ];
  if (problems.length > 0 || !source.ok || chosen === undefined) return problems;
  return {
    logs,
    source: source.source,
    span: { ...timeOf("sinceMs", since, nowMs), ...timeOf("untilMs", until, nowMs) },
    window: chosen,
    headRoom: Number(values["head-room"]),
    maxValues: Number(values.values),
    isEnforced: mode === "enforce",
    isPerAgent: values["per-agent"],
    out,
    isYaml: format === "yaml",
    isForced: values.force,
  };
}

/** `--tools` takes a URL too. */
function withUrl({
  tools,
  upstream,
}: {
  readonly tools?: string | undefined;
  readonly upstream?: string | undefined;
}) {
  return tools !== undefined && upstream === undefined && /^https?:\/\//i.test(tools)
    ? { upstream: tools }
    : { tools, upstream };
}

function timeOf<Name extends keyof LogSpan>(name: Name, text: string | undefined, nowMs: number): LogSpan {
  const time = text === undefined ? undefined : parseTimeBound(text, nowMs);
  return time === undefined ? {} : { [name]: Date.parse(time) };
}

function timeProblem(flag: string, text: string | undefined, nowMs: number): string[] {
  if (text === undefined || parseTimeBound(text, nowMs) !== undefined) return [];
  return [`${flag}: must be a time such as 30d, 2h or 2026-07-01T12:00:00Z, got "${text}"`];
}

function wordProblem(flag: string, word: string, known: readonly string[]): string[] {
  if (known.includes(word)) return [];
  return [`${flag}: must be one of ${known.join(", ")}, got "${word}"${didYouMean(word, known)}`];
}

interface NumberForm {
  readonly least: number;
  readonly most: number;
  readonly form: RegExp;
}

function numberProblem(flag: string, text: string, { least, most, form }: NumberForm): string[] {
  const number = Number(text);
  if (form.test(text) && number >= least && number <= most) return [];
  return [`${flag}: must be a number from ${least} to ${most}, got "${text}"`];
}
