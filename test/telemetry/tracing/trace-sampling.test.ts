/** Which requests are traced. */

import { describe, expect, it } from "vitest";
import { createSampler, readSampling } from "../../../src/telemetry/tracing/trace-sampling.ts";

const sampled = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
const unsampled = { ...sampled, traceFlags: 0 };

describe("readSampling", () => {
  it.each([
    [{}, { ratio: 1, respectsUnsampled: true }],
    [{ OTEL_TRACES_SAMPLER: "always_on" }, { ratio: 1, respectsUnsampled: false }],
    [{ OTEL_TRACES_SAMPLER: "always_off" }, { ratio: 0, respectsUnsampled: false }],
    [{ OTEL_TRACES_SAMPLER: "parentbased_always_off" }, { ratio: 0, respectsUnsampled: true }],
    [
      { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" },
      { ratio: 0.25, respectsUnsampled: false },
    ],
    [
      { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.1" },
      { ratio: 0.1, respectsUnsampled: true },
    ],
    [
      { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "7" },
      { ratio: 1, respectsUnsampled: false },
    ],
  ])("reads %j", (environment, sampling) => {
    expect(readSampling(environment)).toEqual(sampling);
  });
});

describe("createSampler", () => {
  it("samples a request with a sampled parent like one without a parent", () => {
    const sample = createSampler({ ratio: 0.5, respectsUnsampled: true }, () => 0.7);
    expect([sample(sampled), sample(undefined)]).toEqual([false, false]);
  });

  it("does not record requests of an unsampled parent with a parent-based sampler", () => {
    expect(createSampler({ ratio: 1, respectsUnsampled: true }, () => 0)(unsampled)).toBe(false);
    expect(createSampler({ ratio: 1, respectsUnsampled: false }, () => 0)(unsampled)).toBe(true);
  });

  it("records nothing at 0 and everything at 1", () => {
    expect(createSampler({ ratio: 0, respectsUnsampled: false }, () => 0)(undefined)).toBe(false);
    expect(createSampler({ ratio: 1, respectsUnsampled: false }, () => 0.999)(undefined)).toBe(true);
  });
});
