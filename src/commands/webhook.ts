/** `tollgate webhook`: puts the sidecar into pods as the API server admits them. */

import {
  asksForHelp,
  type CommandIo,
  EXIT_OK,
  readArguments,
  refuseUsage,
  writeHelp,
} from "./cli/command.ts";
import { CHOICES_HELP } from "./inject/choice-flags.ts";
import { readWebhookOptions, WEBHOOK_FLAGS, type WebhookOptions } from "./webhook/options.ts";

export const WEBHOOK_HELP = `Usage: tollgate webhook [flags]

A mutating admission webhook of Kubernetes: puts into pods what tollgate inject puts into manifests. Run it by
deploy/helm/tollgate-webhook or deploy/kubernetes/webhook. What a pod gets is decided by these flags, and by its own
annotations tollgate.dev/NAME, which go before them.

${CHOICES_HELP}
  --fixed NAME,...            names that annotations may not set, such as mode,image

Certificates: of files, which are read again when they change, or made and renewed by the webhook itself in a Secret
  --tls-cert FILE             the certificate, in PEM
  --tls-key FILE              its key
  --service NAME              the Service that the API server calls (tollgate-webhook)
  --namespace NAME            its namespace (that of the pod)
  --secret NAME               the Secret, which must be there, and may be empty (tollgate-webhook-tls)
  --configuration NAME        the MutatingWebhookConfiguration (tollgate-webhook)
  --certificate-days N        how long a certificate is good (90); it is renewed at two thirds
  --kubernetes-api URL        the API server (that of the cluster)
  --credentials FOLDER        its token and ca.crt (/var/run/secrets/kubernetes.io/serviceaccount)

  --listen HOST:PORT          where the API server calls /mutate ([::]:8443)
  --admin HOST:PORT           /metrics, /healthz and /readyz ([::]:9464)
  --log-level LEVEL           trace, debug, info, warn, error or silent (info)
  --log-format json|pretty    how the log is written, on stderr (json)
  --help                      this text

Examples: tollgate webhook --image registry.example.com/tollgate --policy-configmap policy --mode enforce
          tollgate webhook --tls-cert /tls/tls.crt --tls-key /tls/tls.key --fixed mode,image
Exit codes: 0 done, 64 bad usage, or files that cannot be read; 69 an address cannot be bound.
`;

const COMMAND = "tollgate webhook";

export interface WebhookIo extends CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Serves until the end. */
  readonly serveWebhook: (options: WebhookOptions) => Promise<void>;
}

/** Returns the exit code. */
export async function runWebhook(argv: readonly string[], io: WebhookIo): Promise<number> {
  if (asksForHelp(argv)) return writeHelp(io, WEBHOOK_HELP);
  const given = readArguments(argv, WEBHOOK_FLAGS);
  if (!given.ok) return refuseUsage(io, COMMAND, [given.problem]);
  const [extra] = given.positionals;
  if (extra !== undefined) return refuseUsage(io, COMMAND, [`${extra}: is not expected here`]);
  const read = readWebhookOptions(given.values, io.environment);
  if (!read.ok) return refuseUsage(io, COMMAND, read.problems);
  await io.serveWebhook(read.options);
  return EXIT_OK;
}
