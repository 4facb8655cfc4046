/** The flags by which `tollgate inject` and `tollgate webhook` choose what the sidecar is given. */

import { readChoices } from "./choices.ts";
import type { SidecarChoices } from "./sidecar-spec.ts";

export const CHOICE_FLAGS = {
  "policy-configmap": { type: "string" },
  "settings-configmap": { type: "string" },
  "admin-token-secret": { type: "string" },
  mode: { type: "string" },
  image: { type: "string" },
  container: { type: "string" },
  port: { type: "string" },
  path: { type: "string" },
  upstream: { type: "string" },
  "allowed-host": { type: "string", multiple: true },
  agent: { type: "string" },
  server: { type: "string" },
  "allow-exposed": { type: "boolean" },
  "any-user": { type: "boolean" },
} as const;

export const CHOICES_HELP = `  --policy-configmap NAME     a ConfigMap with policy.json; without it nothing is denied
  --settings-configmap NAME   a ConfigMap with tollgate.yaml
  --admin-token-secret NAME   a Secret with the admin token at the key token (tollgate-admin, where there is one)
  --mode shadow|enforce       what the policy does (shadow)
  --image IMAGE               the image of the sidecar (tollgate, of this version)
  --container NAME            the server's container (the first one)
  --port PORT                 the server's port (the first one of its container)
  --path PATH                 the path of its endpoint (/mcp)
  --upstream URL              the whole address, in place of port and path
  --allowed-host NAME,...     more names that agents call it by
  --agent NAME                the agent of every caller, where no credential says it
  --server NAME               the server's name in metrics and records (that of the workload)
  --allow-exposed             serve a server that can be reached without Tollgate, too
  --any-user                  no user and group of its own, where the cluster chooses them (OpenShift)`;

type Values = { readonly [Name in keyof typeof CHOICE_FLAGS]?: string | boolean | string[] };

/** The choices that the command line makes, over the defaults. */
export function readChoiceFlags(values: Values): {
  readonly choices: SidecarChoices;
  readonly problems: readonly string[];
} {
  const given = Object.keys(CHOICE_FLAGS).flatMap((name) => {
    const value = values[name as keyof Values];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  const { choices, problems } = readChoices(given, (name) => `--${name}`);
  return { choices: { path: "/mcp", mode: "shadow", allowedHosts: [], ...choices }, problems };
}
