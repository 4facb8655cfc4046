/** The metrics of `tollgate up` itself: whether the sidecar of each server runs. */

import { chooseFormat } from "../telemetry/metrics/exposition-format.ts";

/** One server at the time of a scrape. */
export interface ServerSample {
  /** The `server` label. */
  readonly label: string;
  readonly isUp: boolean;
  readonly isReady: boolean;
  readonly restarts: number;
}

interface OwnMetric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly read: (sample: ServerSample) => number;
}

/** Each with the label `server`. */
export const UP_METRICS: readonly OwnMetric[] = [
  {
    name: "tollgate_sidecar_up",
    type: "gauge",
    help: "Whether the sidecar of this server runs, and answered this scrape.",
    read: ({ isUp }) => Number(isUp),
  },
  {
    name: "tollgate_sidecar_ready",
    type: "gauge",
    help: "Whether the sidecar of this server is ready.",
    read: ({ isReady }) => Number(isReady),
  },
  {
    name: "tollgate_sidecar_restarts_total",
    type: "counter",
    help: "Starts of the sidecar of this server after it had ended.",
    read: ({ restarts }) => restarts,
  },
];

export const FILE_METRIC = {
  name: "tollgate_servers_file_valid",
  help: "Whether the file of the servers is in force as it was last read.",
} as const;

/** In the format that `accept` asks for, without the end mark. */
export function renderUpMetrics(
  samples: readonly ServerSample[],
  isFileValid: boolean,
  accept: string | undefined,
): string {
  const isOpenMetrics = chooseFormat(accept) === "openmetrics";
  const blocks = UP_METRICS.map(({ name, type, help, read }) => {
    const declared = isOpenMetrics && type === "counter" ? name.replace(/_total$/, "") : name;
    const lines = samples.map((sample) => `${name}{server="${sample.label}"} ${read(sample)}\n`);
    return `# HELP ${declared} ${help}\n# TYPE ${declared} ${type}\n${lines.join("")}`;
  });
  const { name, help } = FILE_METRIC;
  return `${blocks.join("")}# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${Number(isFileValid)}\n`;
}
