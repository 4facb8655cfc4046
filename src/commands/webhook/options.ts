/** The command line of `tollgate webhook`, checked. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, parseAddress } from "../../config/settings/address-shapes.ts";
import { CHOICE_FLAGS, readChoiceFlags } from "../inject/choice-flags.ts";
import { CHOICE_NAMES } from "../inject/choices.ts";
import type { SidecarChoices } from "../inject/sidecar-spec.ts";

export interface WebhookOptions {
  readonly listen: Address;
  readonly admin: Address;
  /** The choices of every sidecar whose pod makes no others. */
  readonly choices: SidecarChoices;
  /** Names of choices that annotations of pods may not make. */
  readonly fixed: readonly string[];
  readonly certificates: FileCertificates | OwnCertificates;
  readonly log: { readonly level: LogLevel; readonly format: "json" | "pretty" };
}

/** Of cert-manager, or of another issuer, whose files are read again when they change. */
export interface FileCertificates {
  readonly kind: "files";
  readonly cert: string;
  readonly key: string;
}

/** Made by the webhook, and shared by its replicas in a Secret. */
export interface OwnCertificates {
  readonly kind: "shared";
  /** The names by which the API server calls the webhook. */
  readonly names: readonly string[];
  readonly namespace: string;
  readonly secret: string;
  readonly configuration: string;
  readonly api: { readonly url: string; readonly credentials: string };
  /** See RotationTimes. */
  readonly times: { readonly lifetimeMs: number; readonly renewMs: number; readonly settleMs: number };
  readonly pollMs: number;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
type LogLevel = (typeof LEVELS)[number];

export const WEBHOOK_FLAGS = {
  listen: { type: "string" },
  admin: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  service: { type: "string" },
  namespace: { type: "string" },
  secret: { type: "string" },
  configuration: { type: "string" },
  "certificate-days": { type: "string" },
  "kubernetes-api": { type: "string" },
  credentials: { type: "string" },
  fixed: { type: "string", multiple: true },
  "log-level": { type: "string" },
  "log-format": { type: "string" },
  ...CHOICE_FLAGS,
} as const;

export type WebhookValues = {
  readonly [Name in keyof typeof WEBHOOK_FLAGS]?: string | boolean | string[];
};

type Texts = (name: Exclude<keyof WebhookValues, keyof typeof CHOICE_FLAGS>) => string | undefined;

export type OptionsReading =
  | { readonly ok: true; readonly options: WebhookOptions }
  | { readonly ok: false; readonly problems: readonly string[] };

const DAY_MS = 86_400_000;
const MAX_DAYS = 825;
/** Where the kubelet mounts the account's token. */
const CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount";

export function readWebhookOptions(
  values: WebhookValues,
  environment: Readonly<Record<string, string | undefined>>,
): OptionsReading {
  const text: Texts = (name) => {
    const value = values[name];
    return value === undefined ? undefined : String(value);
  };
  const { choices, problems: wrongChoices } = readChoiceFlags(values);
  const [listen, admin] = [
    parseAddress(text("listen") ?? "[::]:8443"),
    parseAddress(text("admin") ?? "[::]:9464"),
  ];
  const fixed = (text("fixed") ?? "").split(",").filter(Boolean);
  const level = LEVELS.find((each) => each === (text("log-level") ?? "info"));
  const format = text("log-format") ?? "json";
  const { certificates, problems: wrongCertificates } = readCertificates(text, environment);
  const problems = [
    ...(listen === undefined ? [`--listen: must be HOST:PORT, got ${text("listen")}`] : []),
    ...(admin === undefined ? [`--admin: must be HOST:PORT, got ${text("admin")}`] : []),
    ...fixed
      .filter((name) => !CHOICE_NAMES.includes(name))
      .map((name) => `--fixed: must be names of ${CHOICE_NAMES.join(", ")}, got ${name}`),
    ...(level === undefined
      ? [`--log-level: must be one of ${LEVELS.join(", ")}, got ${text("log-level")}`]
      : []),
    ...(format === "json" || format === "pretty"
      ? []
      : [`--log-format: must be json or pretty, got ${format}`]),
    ...wrongChoices,
    ...wrongCertificates,
  ];
  if (
    listen === undefined ||
    admin === undefined ||
    level === undefined ||
    certificates === undefined ||
    problems.length > 0
  )
    return { ok: false, problems };
  const log = { level, format: format === "pretty" ? format : "json" } as const;
  return { ok: true, options: { listen, admin, choices, fixed, certificates, log } };
}

interface CertificatesReading {
  readonly certificates?: WebhookOptions["certificates"];
  readonly problems: readonly string[];
}

function readCertificates(
  text: Texts,
  environment: Readonly<Record<string, string | undefined>>,
): CertificatesReading {
  const [cert, key] = [text("tls-cert"), text("tls-key")];
  if (cert !== undefined && key !== undefined)
    return { certificates: { kind: "files", cert, key }, problems: [] };
  if (cert !== undefined || key !== undefined)
    return {
      problems: ["--tls-cert and --tls-key: a certificate and its key belong together; give both, or none"],
    };
  return readOwnCertificates(text, environment);
}

function readOwnCertificates(
  text: Texts,
  environment: Readonly<Record<string, string | undefined>>,
): CertificatesReading {
  const credentials = text("credentials") ?? CREDENTIALS;
  const url = text("kubernetes-api") ?? clusterUrl(environment);
  const namespace = text("namespace") ?? namespaceIn(credentials);
  const days = Number(text("certificate-days") ?? 90);
  const problems = [
    ...(url === undefined
      ? ["--kubernetes-api: is needed outside a cluster, or --tls-cert and --tls-key"]
      : /^https:$/.test(URL.parse(url)?.protocol ?? "")
        ? []
        : ["--kubernetes-api: must be a URL of https"]),
    ...(namespace === undefined
      ? [`--namespace: is needed, since ${credentials}/namespace cannot be read`]
      : []),
    ...(Number.isInteger(days) && days > 0 && days <= MAX_DAYS
      ? []
      : [`--certificate-days: must be 1 to ${MAX_DAYS}, got ${text("certificate-days")}`]),
  ];
  if (url === undefined || namespace === undefined || problems.length > 0) return { problems };
  const service = text("service") ?? "tollgate-webhook";
  const lifetimeMs = days * DAY_MS;
  const certificates: OwnCertificates = {
    kind: "shared",
    names: [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`],
    namespace,
    secret: text("secret") ?? "tollgate-webhook-tls",
    configuration: text("configuration") ?? "tollgate-webhook",
    api: { url, credentials },
    times: { lifetimeMs, renewMs: lifetimeMs / 3, settleMs: 60_000 },
    pollMs: 10_000,
  };
  return { certificates, problems };
}

/** As the kubelet tells each pod. */
function clusterUrl(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const [host, port = "443"] = [
    environment["KUBERNETES_SERVICE_HOST"],
    environment["KUBERNETES_SERVICE_PORT"],
  ];
  return host === undefined ? undefined : `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function namespaceIn(credentials: string): string | undefined {
  const file = join(credentials, "namespace");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
