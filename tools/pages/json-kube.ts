/** The shapes of what `tollgate kube` prints with `--format json`. */

import * as z from "zod";
import { DRIFT_KINDS } from "../../src/commands/kube/drift.ts";
import { MODES } from "../../src/policy/mode.ts";
import { count, texts } from "./json-parts.ts";
import { REPLAY } from "./json-policy.ts";

const unknown = "null where the sidecar did not say it";

export const KUBE_STATUS = z.object({
  sidecars: z.array(
    z.object({
      namespace: z.string(),
      pod: z.string(),
      workload: z.string().describe("kind and name, as `Deployment/orders`"),
      container: z.string(),
      image: z.string(),
      server: z.string().nullable().describe("the label of its metrics; null without an answer"),
      version: z.string().nullable().describe(unknown),
      ready: z.boolean(),
      because: texts.describe("why it is not ready"),
      mode: z
        .enum([...MODES, "mixed"])
        .nullable()
        .describe(unknown),
      policies: texts.nullable().describe("digests of the policies in force; empty without a policy"),
      policy_configmap: z.string().nullable().describe("where its policy file is mounted from"),
      policy_loaded_at: z.string().nullable(),
      policy_error: z.string().nullable().describe("why the policy file as it is now is not in force"),
      calls: count.nullable().describe("of the last hour"),
      denied: count.nullable(),
      would_deny: count.nullable(),
      freezes: z
        .array(
          z.object({
            agent: z.string().nullable().describe("null: every agent"),
            tool: z.string().nullable().describe("null: every tool"),
            by: z.string(),
            until: z.string().nullable().describe("null: until it is lifted"),
            reason: z.string().nullable(),
          }),
        )
        .nullable(),
      exposed: z.boolean().nullable().describe("whether the server can be reached round the sidecar"),
      problems: texts.describe("why a page could not be read"),
    }),
  ),
  drift: z
    .array(
      z.object({
        namespace: z.string(),
        server: z.string(),
        kind: z.enum(DRIFT_KINDS),
        values: z.array(z.object({ value: z.string(), pods: texts })),
      }),
    )
    .describe("where the sidecars of one server differ"),
});

export const KUBE_DIFF = z.object({
  policy: z.string(),
  since: z.iso.datetime(),
  servers: z.array(
    z.object({
      namespace: z.string(),
      server: z.string(),
      sidecars: z.array(
        z.object({
          pod: z.string(),
          calls: count,
          whole: z.boolean().describe("it remembers a decision from before `since`, or its log was read"),
        }),
      ),
      ...REPLAY.omit({ policy: true, audit: true }).shape,
    }),
  ),
  problems: texts.describe("sidecars that could not be asked"),
});
