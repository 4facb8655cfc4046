/** The running webhook: its listeners, its files, and its end. */

import { renameSync, writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import {
  readWebhookOptions,
  type WebhookOptions,
  type WebhookValues,
} from "../../src/commands/webhook/options.ts";
import type { Schedule } from "../../src/config/files/watched-file.ts";
import { MAX_BODY_BYTES } from "../../src/webhook/admission-server.ts";
import { type RunningWebhook, startWebhook } from "../../src/webhook/run.ts";
import { admissionReview, answerIn } from "../fixtures/admission.ts";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import { atEnd, temporaryFolder } from "../fixtures/lifetime.ts";
import { until } from "../fixtures/start-sidecar.ts";

const OFTEN: Schedule = (poll) => {
  const timer = setInterval(poll, 10);
  return () => clearInterval(timer);
};
const POD = {
  metadata: { name: "a" },
  spec: { containers: [{ name: "server", image: "s", ports: [{ containerPort: 3000 }] }] },
};

interface Started extends RunningWebhook {
  readonly ca: string;
  readonly replaceFiles: (pair: Pem) => void;
  readonly authority: Pem;
}

function optionsOf(values: WebhookValues): WebhookOptions {
  const read = readWebhookOptions({ listen: "127.0.0.1:0", admin: "127.0.0.1:0", ...values }, {});
  if (!read.ok) throw new Error(read.problems.join());
  return read.options;
}

async function start(): Promise<Started> {
  const folder = temporaryFolder();
  const authority = await newAuthority();
  const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const replaceFiles = (pair: Pem): void => {
    for (const [path, pem] of [
      [cert, pair.cert],
      [key, pair.key],
    ] as const) {
      writeFileSync(`${path}.new`, pem);
      renameSync(`${path}.new`, path);
    }
  };
  replaceFiles(await newCertificate(authority, { commonName: "webhook", dns: ["localhost"] }));
  const options = optionsOf({ "tls-cert": cert, "tls-key": key });
  const running = await startWebhook(options, pino({ level: "silent" }), { lameDuckMs: 0, schedule: OFTEN });
  atEnd(running.stop);
  return { ...running, ca: authority.cert, authority, replaceFiles };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly serial: string;
}

interface Ask {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string;
}

function ask(
  { url, ca }: Started,
  { path = "/mutate", method = "POST", type = "application/json", body = "" }: Ask,
) {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options = { method, ca, agent: false, servername: "localhost", headers: { "content-type": type } };
  const request = https.request(new URL(path, url), options, (response) => {
    const serial =
      "getPeerCertificate" in response.socket
        ? String((response.socket as TLSSocket).getPeerCertificate().serialNumber)
        : "";
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body, serial }), reject);
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}

async function admin({ adminUrl }: RunningWebhook, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(new URL(path, adminUrl));
  return { status: response.status, body: await response.text() };
}

describe("the webhook", () => {
  it("answers a review over TLS, and counts it", async () => {
    const webhook = await start();
    const { status, body } = await ask(webhook, { body: JSON.stringify(admissionReview(POD)) });
    expect([status, answerIn(JSON.parse(body) as object)]).toMatchObject([
      200,
      { allowed: true, patchType: "JSONPatch" },
    ]);
    const { body: metrics } = await admin(webhook, "/metrics");
    expect(metrics).toContain('tollgate_webhook_requests_total{result="injected"} 1');
    expect(metrics).toContain("tollgate_webhook_request_duration_seconds_count 1");
    const [, expiry] = /^tollgate_webhook_certificate_expiry_timestamp_seconds (\S+)$/m.exec(metrics) ?? [];
    expect(Number(expiry)).toBeGreaterThan(Date.now() / 1_000);
  });

  it("answers what is no review with a status and its reason, and serves on", async () => {
    const webhook = await start();
    const large = `{"a":"${"x".repeat(MAX_BODY_BYTES)}"}`;
    const cases: readonly (readonly [Ask, number, string])[] = [
      [{ path: "/other" }, 404, "only /mutate"],
      [{ method: "PUT" }, 405, "by POST"],
      [{ type: "text/plain" }, 415, "application/json"],
      [{ body: "{" }, 400, "not JSON"],
      [{ body: "{}" }, 400, "apiVersion"],
      [{ body: "[".repeat(100_000) + "]".repeat(100_000) }, 400, ""],
    ];
    for (const [request, status, words] of cases) {
      const answer = await ask(webhook, request);
      expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(words)]);
    }
    const answer = await ask(webhook, { body: large }).catch((error: Error) => error);
    expect(answer instanceof Error ? 413 : answer.status).toBe(413);
    expect((await ask(webhook, { body: JSON.stringify(admissionReview(POD)) })).status).toBe(200);
    expect((await admin(webhook, "/metrics")).body).toContain('requests_total{result="bad_request"} 7');
  });

  it("reads its certificate again when the files change, and keeps the last good pair", async () => {
    const webhook = await start();
    const serialOf = async (): Promise<string> => (await ask(webhook, { body: "{" })).serial;
    const first = await serialOf();
    webhook.replaceFiles({ cert: "no certificate", key: "no key" });
    await until(async () => (await admin(webhook, "/metrics")).body.includes("certificate_failures_total 1"));
    expect(await serialOf()).toBe(first);
    webhook.replaceFiles(await newCertificate(webhook.authority, { commonName: "next", dns: ["localhost"] }));
    await until(async () => (await admin(webhook, "/metrics")).body.includes("certificate_changes_total 2"));
    expect(await serialOf()).not.toBe(first);
  });

  it("is ready until its end, answers what comes until then, and then is gone", async () => {
    const webhook = await start();
    expect(await admin(webhook, "/healthz")).toMatchObject({ status: 200 });
    expect(await admin(webhook, "/readyz")).toEqual({ status: 200, body: '{"ready":true,"because":[]}' });
    expect(await admin(webhook, "/x")).toMatchObject({ status: 404 });
    await webhook.stop();
    await expect(ask(webhook, {})).rejects.toThrow("ECONNREFUSED");
    await expect(admin(webhook, "/healthz")).rejects.toThrow();
  });
});

describe("the command line of the webhook", () => {
  const inCluster = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

  it("makes its own certificates in a cluster, for the names of its Service", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "namespace"), "tools\n");
    const read = readWebhookOptions({ credentials: folder, service: "hooks" }, inCluster);
    expect(read).toMatchObject({
      ok: true,
      options: {
        listen: { host: "::", port: 8443 },
        certificates: {
          kind: "shared",
          names: ["hooks.tools.svc", "hooks.tools.svc.cluster.local"],
          api: { url: "https://10.96.0.1:443", credentials: folder },
          secret: "tollgate-webhook-tls",
        },
      },
    });
  });

  it.each([
    [{}, {}, "--kubernetes-api: is needed outside a cluster, or --tls-cert and --tls-key"],
    [{}, inCluster, "--namespace: is needed"],
    [{ "tls-cert": "a" }, {}, "give both, or none"],
    [{ namespace: "a", "certificate-days": "0" }, inCluster, "--certificate-days: must be 1 to 825, got 0"],
    [{ namespace: "a", "kubernetes-api": "http://a" }, {}, "--kubernetes-api: must be a URL of https"],
    [{ "tls-cert": "a", "tls-key": "b", listen: "8443" }, {}, "--listen: must be HOST:PORT, got 8443"],
    [
      { "tls-cert": "a", "tls-key": "b", fixed: ["mode,imge"] },
      {},
      "--fixed: must be names of policy-configmap",
    ],
    [{ "tls-cert": "a", "tls-key": "b", mode: "on" }, {}, "--mode: must be shadow or enforce, got on"],
    [{ "tls-cert": "a", "tls-key": "b", "log-level": "loud" }, {}, "--log-level: must be one of trace"],
  ])("is refused in words: %j", (values, environment, words) => {
    const read = readWebhookOptions(values, environment);
    expect(read.ok ? [] : read.problems).toContainEqual(expect.stringContaining(words));
  });

  it("is refused when its files cannot be read", async () => {
    const options = optionsOf({ "tls-cert": "/nowhere/a", "tls-key": "/nowhere/b" });
    await expect(startWebhook(options, pino({ level: "silent" }))).rejects.toThrow("/nowhere/a");
  });
});
