/** The JSON of OTLP as a collector writes it: numbers of 64 bits are text, and what is empty is absent. */

import * as z from "zod";

const VALUE = z
  .object({
    stringValue: z.string().optional(),
    intValue: z.string().optional(),
    doubleValue: z.number().optional(),
    boolValue: z.boolean().optional(),
  })
  .transform((value): string | number | boolean =>
    value.intValue === undefined
      ? (value.stringValue ?? value.doubleValue ?? value.boolValue ?? "")
      : Number(value.intValue),
  );
const ATTRIBUTES = z
  .array(z.object({ key: z.string(), value: VALUE }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])));

const SPAN = z.object({
  name: z.string(),
  /** 2 is SERVER, 3 is CLIENT. */
  kind: z.number(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(""),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: ATTRIBUTES,
  status: z.object({ code: z.number().optional() }),
});

const POINT = z.object({
  attributes: ATTRIBUTES,
  startTimeUnixNano: z.string().default("0"),
  timeUnixNano: z.string(),
  asDouble: z.number().optional(),
  count: z.string().optional(),
  sum: z.number().optional(),
  bucketCounts: z.array(z.string()).default([]),
  explicitBounds: z.array(z.number()).default([]),
  exemplars: z.array(z.unknown()).default([]),
});
const POINTS = { dataPoints: z.array(POINT), aggregationTemporality: z.number().optional() };
const METRIC = z.object({
  name: z.string(),
  description: z.string(),
  unit: z.string().default(""),
  sum: z.object({ ...POINTS, isMonotonic: z.boolean().default(false) }).optional(),
  gauge: z.object(POINTS).optional(),
  histogram: z.object(POINTS).optional(),
});

const LOG = z.object({
  timeUnixNano: z.string(),
  severityNumber: z.number(),
  severityText: z.string(),
  eventName: z.string().optional(),
  body: VALUE,
});

const RESOURCE = z.object({ attributes: ATTRIBUTES });

export type Span = z.output<typeof SPAN>;
export type Point = z.output<typeof POINT>;
export type Metric = z.output<typeof METRIC>;
export type Log = z.output<typeof LOG>;
export type Resourced<Item> = Item & { readonly resource: Readonly<Record<string, unknown>> };

/** One request of each signal, as its items with their resource. */
export const EXPORTS = {
  traces: z
    .object({
      resourceSpans: z.array(
        z.object({ resource: RESOURCE, scopeSpans: z.array(z.object({ spans: z.array(SPAN) })) }),
      ),
    })
    .transform(({ resourceSpans }) =>
      resourceSpans.flatMap(({ resource, scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, resource: resource.attributes }))),
      ),
    ),
  metrics: z
    .object({
      resourceMetrics: z.array(
        z.object({ resource: RESOURCE, scopeMetrics: z.array(z.object({ metrics: z.array(METRIC) })) }),
      ),
    })
    .transform(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.map((metric) => ({ ...metric, resource: resource.attributes })),
        ),
      ),
    ),
  logs: z
    .object({
      resourceLogs: z.array(
        z.object({ resource: RESOURCE, scopeLogs: z.array(z.object({ logRecords: z.array(LOG) })) }),
      ),
    })
    .transform(({ resourceLogs }) =>
      resourceLogs.flatMap(({ resource, scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) =>
          logRecords.map((log) => ({ ...log, resource: resource.attributes })),
        ),
      ),
    ),
};
