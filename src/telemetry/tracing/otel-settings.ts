/** The OTEL_* variables: which of them are honoured, and the problems of the others. docs/opentelemetry.md lists them all. */

export type Environment = Readonly<Record<string, string | undefined>>;

export type OtlpProtocol = (typeof PROTOCOLS)[number];
export type ExporterName = (typeof EXPORTERS)[number];
export type Propagator = (typeof PROPAGATORS)[number];

export interface OtelSettings {
  /** Where spans go; empty without tracing. */
  readonly traces: readonly ExporterName[];
  readonly tracesProtocol: OtlpProtocol;
  /** Where metrics are pushed to, beside the scrape; empty for the scrape alone. */
  readonly metrics: readonly ExporterName[];
  readonly metricsProtocol: OtlpProtocol;
  readonly metricIntervalMs: number;
  readonly metricTimeoutMs: number;
  /** Of audit records, which `--audit otlp` sends as logs. */
  readonly logsProtocol: OtlpProtocol;
  /** The forms in which trace context is read and handed on; empty for none. */
  readonly propagators: readonly Propagator[];
}

export interface ReadOtelSettings {
  readonly settings: OtelSettings;
  /** One line for each variable that cannot be honoured. */
  readonly problems: readonly string[];
}

const PROTOCOLS = ["grpc", "http/protobuf", "http/json"] as const;
const EXPORTERS = ["otlp", "console"] as const;
const PROPAGATORS = ["tracecontext", "baggage", "b3", "b3multi"] as const;
export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
const TEMPORALITIES = ["cumulative", "delta", "lowmemory"] as const;

/** Variables that would have to change what Tollgate does, and cannot; a value is a start error. */
const REFUSED: Readonly<Record<string, string>> = {
  OTEL_CONFIG_FILE: "is not read; set the variables themselves",
  OTEL_EXPERIMENTAL_CONFIG_FILE: "is not read; set the variables themselves",
  OTEL_EXPORTER_PROMETHEUS_HOST: "has no effect; /metrics is on the admin listener: set --admin",
  OTEL_EXPORTER_PROMETHEUS_PORT: "has no effect; /metrics is on the admin listener: set --admin",
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: "is not supported; send OTLP",
  OTEL_EXPORTER_ZIPKIN_TIMEOUT: "is not supported; send OTLP",
  OTEL_EXPORTER_JAEGER_ENDPOINT: "is not supported; send OTLP",
};

/** Numbers of milliseconds or of things, which the SDK reads itself. */
const COUNTS = [
  "OTEL_BSP_SCHEDULE_DELAY",
  "OTEL_BSP_EXPORT_TIMEOUT",
  "OTEL_BSP_MAX_QUEUE_SIZE",
  "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
  "OTEL_EXPORTER_OTLP_TIMEOUT",
  "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
  "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
  "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
  "OTEL_METRIC_EXPORT_INTERVAL",
  "OTEL_METRIC_EXPORT_TIMEOUT",
] as const;

/** With `OTEL_SDK_DISABLED=true` nothing else is looked at. */
export function readOtelSettings(environment: Environment): ReadOtelSettings {
  const problems: string[] = [];
  const read = readerOf(environment, problems);
  const disabled = read.word("OTEL_SDK_DISABLED", ["true", "false"], "false") === "true";
  if (disabled) return { settings: NONE, problems: [] };
  for (const [name, why] of Object.entries(REFUSED))
    if (read.text(name) !== undefined) problems.push(`${name}: ${why}`);
  for (const name of COUNTS) read.count(name);
  checkSampler(read, problems);
  checkLogs(read, problems);
  read.word("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", TEMPORALITIES, "cumulative");
  read.word("OTEL_METRICS_EXEMPLAR_FILTER", ["always_on", "always_off", "trace_based"], "trace_based");
  const protocol = read.word("OTEL_EXPORTER_OTLP_PROTOCOL", PROTOCOLS, "http/protobuf");
  const settings = {
    traces: tracesExporters(read),
    tracesProtocol: read.word("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", PROTOCOLS, protocol),
    metrics: exportersOf(
      read.list("OTEL_METRICS_EXPORTER", [...EXPORTERS, "prometheus", "none"], ["prometheus"]),
    ),
    metricsProtocol: read.word("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", PROTOCOLS, protocol),
    logsProtocol: read.word("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", PROTOCOLS, protocol),
    metricIntervalMs: read.count("OTEL_METRIC_EXPORT_INTERVAL") ?? 60_000,
    metricTimeoutMs: read.count("OTEL_METRIC_EXPORT_TIMEOUT") ?? 30_000,
    propagators: propagatorsOf(read.list("OTEL_PROPAGATORS", [...PROPAGATORS, "none"], ["tracecontext"])),
  };
  return { settings, problems: [...new Set(problems)] };
}

const NONE: OtelSettings = {
  traces: [],
  tracesProtocol: "http/protobuf",
  metrics: [],
  metricsProtocol: "http/protobuf",
  logsProtocol: "http/protobuf",
  metricIntervalMs: 60_000,
  metricTimeoutMs: 30_000,
  propagators: ["tracecontext"],
};

interface Reader {
  /** Undefined when unset or empty, which the specification takes for the same. */
  readonly text: (name: string) => string | undefined;
  readonly word: <Word extends string>(name: string, known: readonly Word[], fallback: Word) => Word;
  readonly list: <Word extends string>(
    name: string,
    known: readonly Word[],
    fallback: readonly Word[],
  ) => readonly Word[];
  readonly count: (name: string) => number | undefined;
}

function readerOf(environment: Environment, problems: string[]): Reader {
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const oneOf = <Word extends string>(
    name: string,
    known: readonly Word[],
    given: string,
  ): Word | undefined => {
    const word = known.find((each) => each === given.trim().toLowerCase());
    if (word === undefined) problems.push(`${name}: must be ${known.join(", ")}, got "${given}"`);
    return word;
  };
  return {
    text,
    word: (name, known, fallback) => {
      const given = text(name);
      return given === undefined ? fallback : (oneOf(name, known, given) ?? fallback);
    },
    list: (name, known, fallback) => {
      const given = text(name);
      if (given === undefined) return fallback;
      return given.split(",").flatMap((each) => oneOf(name, known, each) ?? []);
    },
    count: (name) => {
      const given = text(name);
      if (given === undefined) return undefined;
      const number = Number(given);
      if (Number.isInteger(number) && number > 0) return number;
      problems.push(`${name}: must be a whole number above 0, got "${given}"`);
      return undefined;
    },
  };
}

/** OTLP without being asked for, where an endpoint is configured: `OTEL_TRACES_EXPORTER` defaults to it. */
function tracesExporters(read: Reader): readonly ExporterName[] {
  const hasEndpoint =
    (read.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? read.text("OTEL_EXPORTER_OTLP_ENDPOINT")) !==
    undefined;
  const fallback = hasEndpoint ? (["otlp"] as const) : (["none"] as const);
  return exportersOf(read.list("OTEL_TRACES_EXPORTER", [...EXPORTERS, "none"], fallback));
}

function exportersOf(given: readonly string[]): readonly ExporterName[] {
  return given.includes("none") ? [] : EXPORTERS.filter((name) => given.includes(name));
}

function propagatorsOf(given: readonly string[]): readonly Propagator[] {
  return given.includes("none") ? [] : PROPAGATORS.filter((name) => given.includes(name));
}

function checkSampler(read: Reader, problems: string[]): void {
  const sampler = read.word("OTEL_TRACES_SAMPLER", SAMPLERS, "parentbased_always_on");
  const argument = read.text("OTEL_TRACES_SAMPLER_ARG");
  if (argument === undefined || !sampler.endsWith("traceidratio")) return;
  const ratio = Number(argument);
  if (!(ratio >= 0 && ratio <= 1))
    problems.push(`OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1, got "${argument}"`);
}

function checkLogs(read: Reader, problems: string[]): void {
  const given = read.text("OTEL_LOGS_EXPORTER");
  if (given !== undefined && given.toLowerCase() !== "none")
    problems.push(
      `OTEL_LOGS_EXPORTER: must be none, got "${given}"; the log is on stderr, and --audit otlp sends audit records`,
    );
}
