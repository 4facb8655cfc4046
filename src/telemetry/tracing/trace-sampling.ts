/** Decides which requests are traced: before any span exists, and never by the agent's flag alone. */

import { TraceFlags, type SpanContext } from "@opentelemetry/api";
import type { Environment } from "./otel-settings.ts";

/** Whether a request with this parent is recorded. */
export type Sampler = (parent: SpanContext | undefined) => boolean;

export interface Sampling {
  /** Share of the requests that are recorded, 0 to 1. */
  readonly ratio: number;
  /** Whether requests of a parent that was not sampled stay unrecorded. */
  readonly respectsUnsampled: boolean;
}

/**
 * Reads `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` as the OpenTelemetry specification defines them, with one
 * exception: a sampled parent does not force recording; its requests are sampled like those without a parent.
 */
export function readSampling(environment: Environment): Sampling {
  const sampler = environment["OTEL_TRACES_SAMPLER"]?.trim().toLowerCase() || "parentbased_always_on";
  return {
    ratio: ratioOf(sampler, environment["OTEL_TRACES_SAMPLER_ARG"]),
    respectsUnsampled: sampler.startsWith("parentbased_"),
  };
}

/**
 * `random` returns a number from 0 up to 1.
 *
 * Security: the random number is our own. A ratio of the trace id would let an agent choose ids that are always recorded.
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
  const ratio = Number(argument?.trim() || 1);
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

function isSampled(context: SpanContext): boolean {
  return (context.traceFlags & TraceFlags.SAMPLED) !== 0;
}
