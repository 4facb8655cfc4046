/** Keeps the webhook's own certificates: in a Secret that all replicas read and change, and in the bundle by which the API server trusts them. */

import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { checkShape } from "../config/check-shape.ts";
import type { Log } from "../telemetry/logging/log.ts";
import { ApiError, JSON_PATCH, type KubernetesApi, MERGE_PATCH } from "./kubernetes-api.ts";
import { hasCertificate, type KeyPair, makeCertificate } from "./own-certificate.ts";
import {
  afterStep,
  bundleOf,
  type Certificates,
  isTrusted,
  type RotationTimes,
  rotationStep,
} from "./rotation.ts";

export interface SharedPlaces {
  /** The names by which the API server calls the webhook. */
  readonly names: readonly string[];
  readonly namespace: string;
  /** Its name; it must be there, and may be empty. */
  readonly secret: string;
  /** The name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
}

export interface SharedOptions extends SharedPlaces {
  readonly api: Pick<KubernetesApi, "get" | "patch">;
  readonly times: RotationTimes;
  /** Between two looks. */
  readonly pollMs: number;
  readonly log: Log;
  readonly onServed: (pair: KeyPair) => void;
  readonly onFailed: () => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const VERSIONED = { metadata: z.looseObject({ resourceVersion: z.string() }) };
const SECRET = z.looseObject({ ...VERSIONED, data: z.record(z.string(), z.string()).nullish() });
const CONFIGURATION = z.looseObject({
  ...VERSIONED,
  webhooks: z
    .array(z.looseObject({ clientConfig: z.looseObject({ caBundle: z.string().nullish() }) }))
    .nullish(),
});
type Configuration = z.infer<typeof CONFIGURATION>;

/** A change by another replica is looked at again this often before the next poll. */
const MAX_CONFLICTS = 5;

export class SharedCertificates {
  readonly #options: SharedOptions;
  #served: KeyPair | undefined;
  #isTrusted = false;
  #problem: string | undefined;
  /** The next certificate, and since when it has been in the API server's bundle. */
  #nextTrusted: { readonly cert: string; readonly sinceMs: number } | undefined;

  constructor(options: SharedOptions) {
    this.#options = options;
  }

  /** Why the API server cannot call this replica; empty when it can. A served certificate outlives an API server that is away. */
  notReadyReasons(): readonly string[] {
    if (this.#isTrusted) return [];
    return [this.#problem ?? "the API server does not trust the certificate yet"];
  }

  /** Looks now and then every `pollMs`, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(this.#options.pollMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** One look; a failure is logged, and the next look tries again. */
  async look(): Promise<void> {
    const { log, onFailed } = this.#options;
    try {
      for (let tries = 0; tries < MAX_CONFLICTS; tries += 1) if (await this.#step()) break;
      this.#problem = undefined;
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      onFailed();
      if (because !== this.#problem) log.warn({ because }, "the certificates cannot be looked after");
      this.#problem = because;
    }
  }

  /** Returns false when another replica changed an object meanwhile. */
  async #step(): Promise<boolean> {
    const { api, times, names, log } = this.#options;
    const nowMs = this.#options.now();
    // Invariant: read before the Secret, so that an older view of the Secret never replaces a newer bundle.
    const configuration = read(
      CONFIGURATION,
      await api.get(this.#configurationPath()),
      this.#configurationPath(),
    );
    const secret = read(SECRET, await api.get(this.#secretPath()), this.#secretPath());
    const found = certificatesIn(secret.data ?? {});
    const nextTrustedAtMs = this.#noteTrust(configuration, found, nowMs);
    const step = rotationStep(found, { nowMs, names, nextTrustedAtMs }, times);
    const made = step.startsWith("make_") ? await makeCertificate(names, nowMs, times.lifetimeMs) : undefined;
    const certificates = afterStep(step, found, made);
    if (step !== "none") {
      const isWritten = await this.#write(secret.metadata.resourceVersion, certificates, nowMs);
      if (!isWritten) return false;
      log.info({ step }, "the certificates of the webhook changed");
    }
    return this.#publish(configuration, certificates, nowMs);
  }

  /** Has the API server trust the certificates, and serves the current one. */
  async #publish(configuration: Configuration, certificates: Certificates, nowMs: number): Promise<boolean> {
    this.#serve(certificates);
    const bundle = bundleOf(certificates, nowMs);
    const isPublished = bundlesOf(configuration).every((each) => each === bundle);
    const isDone =
      isPublished ||
      (await unlessConflict(() =>
        this.#options.api.patch(this.#configurationPath(), JSON_PATCH, bundlePatch(configuration, bundle)),
      ));
    this.#isTrusted = isDone && bundlesOf(configuration).length > 0 && isTrusted(bundle, certificates);
    if (bundlesOf(configuration).length === 0)
      throw new ApiError(`${this.#configurationPath()}: has no webhooks`);
    return isDone;
  }

  #serve({ current }: Certificates): void {
    if (current === undefined || current.cert === this.#served?.cert) return;
    this.#served = current;
    this.#options.onServed(current);
  }

  /** Since when the next certificate has been trusted, in milliseconds since the epoch. */
  #noteTrust(configuration: Configuration, { next }: Certificates, nowMs: number): number | undefined {
    const bundles = bundlesOf(configuration);
    const isThere =
      next !== undefined && bundles.length > 0 && bundles.every((each) => hasCertificate(each, next.cert));
    if (!isThere) this.#nextTrusted = undefined;
    else if (this.#nextTrusted?.cert !== next.cert) this.#nextTrusted = { cert: next.cert, sinceMs: nowMs };
    return this.#nextTrusted?.sinceMs;
  }

  #write(resourceVersion: string, certificates: Certificates, nowMs: number): Promise<boolean> {
    const { current, next, previous } = certificates;
    const texts = {
      "tls.crt": current?.cert,
      "tls.key": current?.key,
      "next.crt": next?.cert,
      "next.key": next?.key,
      "previous.crt": previous,
      "ca.crt": bundleOf(certificates, nowMs),
    };
    const data = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, text === undefined ? null : toBase64(text)]),
    );
    return unlessConflict(() =>
      this.#options.api.patch(this.#secretPath(), MERGE_PATCH, { metadata: { resourceVersion }, data }),
    );
  }

  #secretPath(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets/${this.#options.secret}`;
  }

  #configurationPath(): string {
    const group = "/apis/admissionregistration.k8s.io/v1";
    return `${group}/mutatingwebhookconfigurations/${this.#options.configuration}`;
  }
}

function certificatesIn(data: Readonly<Record<string, string>>): Certificates {
  const pair = (name: string): KeyPair | undefined => {
    const [cert, key] = [fromBase64(data[`${name}.crt`]), fromBase64(data[`${name}.key`])];
    return cert === undefined || key === undefined ? undefined : { cert, key };
  };
  const [current, next, previous] = [pair("tls"), pair("next"), fromBase64(data["previous.crt"])];
  return { ...(current && { current }), ...(next && { next }), ...(previous !== undefined && { previous }) };
}

function bundlesOf({ webhooks }: Configuration): readonly string[] {
  return (webhooks ?? []).map(({ clientConfig: { caBundle } }) => fromBase64(caBundle ?? undefined) ?? "");
}

/** The resource version makes it a conflict when another replica was quicker. */
function bundlePatch(configuration: Configuration, bundle: string): readonly object[] {
  const { resourceVersion } = configuration.metadata;
  return [
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
    ...bundlesOf(configuration).map((_bundle, index) => ({
      op: "add",
      path: `/webhooks/${index}/clientConfig/caBundle`,
      value: toBase64(bundle),
    })),
  ];
}

async function unlessConflict(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return false;
    throw error;
  }
}

function read<T>(shape: z.ZodType<T>, object: unknown, path: string): T {
  const checked = checkShape(shape, object);
  if (!checked.ok)
    throw new ApiError(`${path}: the answer cannot be read: ${checked.problems[0]?.message ?? ""}`);
  return checked.value;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** An empty value is none. */
function fromBase64(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : Buffer.from(text, "base64").toString("utf8");
}
