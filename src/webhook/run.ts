/** Runs `tollgate webhook`: its two listeners and its certificates, until the signal. */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { WebhookOptions } from "../commands/webhook/options.ts";
import { openTlsFiles } from "../config/files/tls-files.ts";
import type { Schedule } from "../config/files/watched-file.ts";
import { closeListener } from "../proxy/http/listener.ts";
import { createAdminServer } from "../sidecar/admin-listener.ts";
import { BAD_USAGE, bind, StartError } from "../sidecar/start-error.ts";
import { createLog, type Log } from "../telemetry/logging/log.ts";
import { type AdmissionServer, createAdmissionServer } from "./admission-server.ts";
import { KubernetesApi } from "./kubernetes-api.ts";
import { createWebhookMetrics, type WebhookMetrics } from "./metrics.ts";
import { SharedCertificates } from "./shared-certificates.ts";

export interface RunningWebhook {
  /** Of the listener that the API server calls, and of the admin listener. */
  readonly url: string;
  readonly adminUrl: string;
  /** Ends it: not ready at once, then as long as clients still come, then with the requests under way. */
  readonly stop: () => Promise<void>;
}

export interface WebhookTiming {
  /** How long a webhook that ends still answers. */
  readonly lameDuckMs: number;
  /** When the files of the certificate are looked at; absent: every second. */
  readonly schedule?: Schedule;
}

/** An endpoint that is taken away is known to every API server by then. */
const TIMING: WebhookTiming = { lameDuckMs: 5_000 };
const CLOSE_MS = 10_000;

/** Serves until the signal. @throws StartError */
export async function serveWebhook(options: WebhookOptions, signal: AbortSignal): Promise<void> {
  const webhook = await startWebhook(options, createLog(options.log));
  await aborted(signal);
  await webhook.stop();
}

/** @throws StartError */
export async function startWebhook(
  options: WebhookOptions,
  log: Log,
  timing = TIMING,
): Promise<RunningWebhook> {
  const metrics = createWebhookMetrics();
  const ending = new AbortController();
  const { choices, fixed } = options;
  const admission = createAdmissionServer({
    review: { choices, fixed },
    log,
    metrics,
    ending: ending.signal,
  });
  const certificates = openCertificates(options, admission, {
    log,
    metrics,
    ending: ending.signal,
    timing,
  });
  const notReadyReasons = (): readonly string[] =>
    ending.signal.aborted ? ["the webhook ends"] : certificates.notReadyReasons();
  const admin = createAdminServer(undefined, (request, response) => {
    void answerAdmin(request, response, { metrics, notReadyReasons });
  });
  const adminUrl = await bind(admin, options.admin, "--admin");
  const url = await bindOr(admission.server, options.listen, admin);
  log.info({ url, admin: adminUrl, certificates: options.certificates.kind }, "webhook started");
  const stop = async (): Promise<void> => {
    ending.abort();
    log.info({}, "webhook ends");
    await sleep(timing.lameDuckMs);
    await closeListener(admission.server, CLOSE_MS);
    await certificates.ended;
    await closeListener(admin, 0);
  };
  return { url, adminUrl, stop };
}

async function bindOr(server: Server, address: WebhookOptions["listen"], other: Server): Promise<string> {
  try {
    return await bind(server, address, "--listen", "https");
  } catch (error) {
    await closeListener(other, 0);
    throw error;
  }
}

interface OpenCertificates {
  readonly notReadyReasons: () => readonly string[];
  readonly ended: Promise<void>;
}

interface CertificateParts {
  readonly log: Log;
  readonly metrics: WebhookMetrics;
  readonly ending: AbortSignal;
  readonly timing: WebhookTiming;
}

function openCertificates(
  options: WebhookOptions,
  admission: AdmissionServer,
  parts: CertificateParts,
): OpenCertificates {
  const { certificates } = options;
  return certificates.kind === "files"
    ? openFiles(certificates, admission, parts)
    : openShared(certificates, admission, parts);
}

type Files = Extract<WebhookOptions["certificates"], { kind: "files" }>;
type Shared = Extract<WebhookOptions["certificates"], { kind: "shared" }>;

/** @throws StartError when the files cannot be read now */
function openFiles(
  { cert, key }: Files,
  admission: AdmissionServer,
  { log, metrics, ending, timing }: CertificateParts,
): OpenCertificates {
  const opened = openTlsFiles({ cert, key });
  if (!opened.ok) throw new StartError(opened.problems, BAD_USAGE);
  const { file } = opened;
  const serve = (pair: { readonly cert: Buffer; readonly key: Buffer }): void => {
    admission.serve(pair);
    metrics.served(pair.cert.toString("utf8"));
  };
  serve(file.current());
  const stop = file.start(
    {
      onChanged: (pair) => {
        serve(pair);
        log.info({}, "the certificate was read again");
      },
      onProblems: (problems) => {
        metrics.certificatesFailed();
        log.warn({ problems }, "the certificate cannot be read; the one before stays in force");
      },
    },
    timing.schedule,
  );
  ending.addEventListener("abort", stop, { once: true });
  return { notReadyReasons: () => [], ended: Promise.resolve() };
}

function openShared(
  { api: place, ...certificates }: Shared,
  admission: AdmissionServer,
  { log, metrics, ending }: CertificateParts,
): OpenCertificates {
  const api = new KubernetesApi(place);
  const shared = new SharedCertificates({
    ...certificates,
    api,
    log,
    onServed: (pair) => {
      admission.serve(pair);
      metrics.served(pair.cert);
    },
    onFailed: metrics.certificatesFailed,
    now: Date.now,
  });
  return { notReadyReasons: () => shared.notReadyReasons(), ended: shared.run(ending) };
}

interface AdminParts {
  readonly metrics: WebhookMetrics;
  readonly notReadyReasons: () => readonly string[];
}

async function answerAdmin(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  { metrics, notReadyReasons }: AdminParts,
): Promise<void> {
  const send = (status: number, body: object): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (method !== "GET" && method !== "HEAD") return send(405, { error: "only GET is served" });
  switch (url?.split("?")[0]) {
    case "/healthz":
      return send(200, { status: "ok" });
    case "/readyz": {
      const because = notReadyReasons();
      return send(because.length === 0 ? 200 : 503, { ready: because.length === 0, because });
    }
    case "/metrics": {
      const { contentType, text } = await metrics.render();
      response.writeHead(200, { "content-type": contentType }).end(text);
      return undefined;
    }
    default:
      return send(404, { error: "nothing is served here", see: ["/healthz", "/readyz", "/metrics"] });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
