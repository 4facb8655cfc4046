/** Field numbers of Prometheus' exposition, after metrics.proto of prometheus/client_model (package io.prometheus.client). */

export const FIELDS = {
  MetricFamily: { name: 1, help: 2, type: 3, metric: 4 },
  Metric: { label: 1, gauge: 2, counter: 3, histogram: 7 },
  LabelPair: { name: 1, value: 2 },
  Gauge: { value: 1 },
  Counter: { value: 1, created_timestamp: 3 },
  Histogram: {
    sample_count: 1,
    sample_sum: 2,
    bucket: 3,
    schema: 5,
    zero_threshold: 6,
    zero_count: 7,
    positive_span: 12,
    positive_delta: 13,
    created_timestamp: 15,
    exemplars: 16,
  },
  Bucket: { cumulative_count: 1, upper_bound: 2, exemplar: 3 },
  BucketSpan: { offset: 1, length: 2 },
  Exemplar: { label: 1, value: 2, timestamp: 3 },
  Timestamp: { seconds: 1, nanos: 2 },
} as const;

/** Values of the enumeration MetricType. */
export const METRIC_TYPES = { counter: 0, gauge: 1, histogram: 4 } as const;
