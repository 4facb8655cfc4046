/** Which requests are traced: decided before any span exists, and never by the agent alone. */

import { TraceFlags, type SpanContext } from "@opentelemetry/api";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a request with this parent is recorded. */
export type Sampler = (parent: SpanContext | undefined) => boolean;

export interface Sampling {
  /** Share of the requests that are recorded, 0 to 1. */
  readonly ratio: number;
  /** Whether a parent that was not sampled is respected: its requests are not recorded. */
  readonly respectsUnsampled: boolean;
}

/**
 * `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, with the meaning of the OpenTelemetry specification but for one
 * thing: a parent that was sampled does not force recording, it takes the same dice as a request without parent.
 */
export function readSampling(environment: Environment, ratio?: number): Sampling {
  const sampler = environment["OTEL_TRACES_SAMPLER"] ?? "parentbased_always_on";
  return {
    ratio: ratio ?? ratioOf(sampler, environment["OTEL_TRACES_SAMPLER_ARG"]),
    respectsUnsampled: sampler.startsWith("parentbased_"),
  };
}

/**
 * `random` returns a number from 0 up to 1.
 *
 * Security: the dice are ours. A ratio taken from the trace id would let an agent choose ids that are always recorded.
 */
export function createSampler(sampling: Sampling, random: () => number): Sampler {
  return (parent) => {
    if (parent !== undefined && sampling.respectsUnsampled && !isSampled(parent)) return false;
    return sampling.ratio >= 1 || random() < sampling.ratio;
  };
}

function ratioOf(sampler: string, argument: string | undefined): number {
  if (sampler.endsWith("always_off")) return 0;
  if (!sampler.endsWith("traceidratio")) return 1;
  const ratio = Number(argument ?? 1);
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

function isSampled(context: SpanContext): boolean {
  return (context.traceFlags & TraceFlags.SAMPLED) !== 0;
}
