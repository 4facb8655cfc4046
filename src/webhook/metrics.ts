/** The metrics of `tollgate webhook`. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { VERSION } from "../config/version.ts";
import { expiryOf } from "./own-certificate.ts";

export const RESULTS = ["injected", "unchanged", "refused", "bad_request", "failed"] as const;
export type RequestResult = (typeof RESULTS)[number];

export interface WebhookMetrics {
  readonly answered: (result: RequestResult, seconds: number) => void;
  /** A certificate, in PEM, is served from now on. */
  readonly served: (cert: string) => void;
  /** The certificates could not be read, or not be looked after in the cluster. */
  readonly certificatesFailed: () => void;
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Far below the timeout by which the API server gives up. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createWebhookMetrics(): WebhookMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "tollgate_webhook_requests_total",
    help: "Admission requests, by result.",
    labelNames: ["result"],
    registers,
  });
  const duration = new Histogram({
    name: "tollgate_webhook_request_duration_seconds",
    help: "Time to answer an admission request.",
    buckets: BUCKETS,
    registers,
  });
  const expiry = new Gauge({
    name: "tollgate_webhook_certificate_expiry_timestamp_seconds",
    help: "When the served certificate expires, in seconds since the epoch.",
    registers,
  });
  const changes = new Counter({
    name: "tollgate_webhook_certificate_changes_total",
    help: "Certificates served since the start, the first one included.",
    registers,
  });
  const failures = new Counter({
    name: "tollgate_webhook_certificate_failures_total",
    help: "Times the certificates could not be read, or not be looked after in the cluster.",
    registers,
  });
  const build = new Gauge({
    name: "tollgate_webhook_build_info",
    help: "Always 1; the label names the version.",
    labelNames: ["version"],
    registers,
  });
  build.set({ version: VERSION }, 1);
  for (const result of RESULTS) requests.inc({ result }, 0);
  return {
    answered: (result, seconds) => {
      requests.inc({ result });
      duration.observe(seconds);
    },
    served: (cert) => {
      changes.inc();
      expiry.set((expiryOf(cert) ?? 0) / 1_000);
    },
    certificatesFailed: () => failures.inc(),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
