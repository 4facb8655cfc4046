/** The shapes of what commands print with `--format json`. `docs/json-output/` and `docs/json-output.md` are made from them. */

import * as z from "zod";
import { APPROVALS_RESPONSE } from "../../src/commands/control/approval-lines.ts";
import { FINDINGS } from "../../src/commands/doctor/findings.ts";
import { MODES } from "../../src/policy/mode.ts";
import { KUBE_DIFF, KUBE_STATUS } from "./json-kube.ts";
import { ASSIGNMENT, count, texts } from "./json-parts.ts";
import { CHECK, DIFF, EXPLAIN, REPLAY, TEST } from "./json-policy.ts";

export interface JsonOutput {
  /** `policy check`. */
  readonly command: string;
  /** One sentence of the page. */
  readonly about: string;
  readonly schema: z.ZodType;
}

const client = z.string().describe("id of the client, as --client takes it");
const place = texts.describe("keys that lead to the entry in the file");
const transport = z.enum(["stdio", "http", "sse", "unknown"]);

/** Records are as in the log, whose fields docs/audit.md lists; groups have one key for each name of --by and --sum. */
const QUERY = z.union([
  z.array(
    z
      .object({ time: z.iso.datetime() })
      .catchall(z.unknown())
      .describe("a record with the fields of docs/audit.md"),
  ),
  z.array(
    z
      .object({ count })
      .catchall(z.union([z.string(), z.number(), z.null()]))
      .describe("with --by: one group, with each field of --by (text, or null) and of --sum (a number)"),
  ),
]);

const LABELS = z.object({
  tools: z.array(z.object({ name: z.string(), ...ASSIGNMENT, reason: z.string() })),
});

const CLIENTS_LIST = z.object({
  files: z.array(
    z.object({
      client,
      title: z.string(),
      scope: z.enum(["user", "project"]),
      file: z.string(),
      servers: z.array(
        z.object({
          name: z.string(),
          path: place,
          transport,
          wrapped: z.boolean(),
          reason: z.string().optional().describe("why the transport is unknown"),
        }),
      ),
    }),
  ),
  problems: texts,
});

const CLIENTS_STATUS = z.object({
  servers: z.array(
    z.object({
      client,
      file: z.string(),
      server: z.string(),
      path: place,
      transport,
      policy: z.string().nullable(),
      admin: z.string(),
      processes: count.describe("sidecars that run now"),
      calls: count.optional().describe("since the start; where one runs"),
      denied: count.optional(),
      would_be_denied: count.optional(),
    }),
  ),
  problems: texts,
});

const changes = z.array(
  z.object({
    client,
    scope: z.enum(["user", "project"]),
    file: z.string(),
    server: z.string(),
    path: place,
    policy: z.string().optional(),
    admin: z.string().optional(),
    url: z.string().optional().describe("of a server at an address"),
  }),
);
const written = z.boolean().describe("false with --dry-run, and without changes");

const WRAP = z.object({
  written,
  changes,
  skipped: z.array(z.object({ client, file: z.string(), server: z.string(), reason: z.string() })),
});

const UP_STATUS = z.object({
  file: z.string(),
  loaded_at: z.string(),
  file_problems: texts.describe("why the file as it is now is not in force"),
  servers: z.array(
    z.object({
      name: z.string(),
      server: z.string().describe("the label of its metrics"),
      state: z.enum(["starting", "up", "waiting", "stopping", "stopped"]),
      since: z.string(),
      ready: z.boolean(),
      because: texts.describe("why it is not ready"),
      mode: z.enum([...MODES, "mixed"]),
      policies: texts.describe("digests of the policies in force"),
      policy_error: z.string().nullable(),
      calls: count.nullable().describe("of the last hour; null while the sidecar does not answer"),
      denied: count.nullable(),
      restarts: count,
      pid: count.nullable(),
      url: z.string().nullable().describe("the MCP endpoint"),
      console: z.string().nullable(),
    }),
  ),
});

const DOCTOR = z.object({
  faults: count,
  warnings: count,
  findings: z.array(
    z.object({
      id: z.enum(Object.keys(FINDINGS)).describe("see docs/doctor.md"),
      area: z.string(),
      level: z.enum(["ok", "warning", "fault"]),
      found: z.string(),
      fix: z.string().nullable(),
    }),
  ),
});

const VERIFY = z.object({
  holds: z.boolean().describe("exit code 0 when true, 1 when false"),
  records: count.describe("records with a link of the chain"),
  first: count.nullable().describe("number of the first; null without one"),
  last: count.nullable(),
  last_digest: z.string().nullable().describe("to be noted elsewhere, with the number"),
  lost: count.describe("records that could not be written, as later records say"),
  problems: texts.describe("each with file and line"),
});

const FREEZE = z.object({
  agent: z.string().nullable().describe("null: every agent"),
  tool: z.string().nullable().describe("null: every tool"),
  reason: z.string().optional(),
  by: z.string(),
  by_proven: z.literal(true).optional().describe("absent: the name is the one that the person gave"),
  since: z.iso.datetime(),
  until: z.iso.datetime().nullable().describe("null: until it is lifted"),
  source: z.enum(["file", "control"]),
});
const warning = z.string().optional().describe("it is done, but was not written or not shared");

const KEY = z.object({
  agent: z.string(),
  key: z.string().describe("for the agent; shown once"),
  line: z.string().describe("for the file of identity.api-keys"),
});

export const JSON_OUTPUTS: readonly JsonOutput[] = [
  { command: "policy check", about: "The findings of each file.", schema: CHECK },
  { command: "policy explain", about: "The decision for one call, and each step.", schema: EXPLAIN },
  { command: "policy test", about: "Each decision, and how it differs.", schema: TEST },
  { command: "policy replay", about: "Recorded calls under another policy.", schema: REPLAY },
  { command: "policy diff", about: "The differences between two policies.", schema: DIFF },
  { command: "audit query", about: "Records of the log, or groups with `--by`.", schema: QUERY },
  { command: "audit verify", about: "Whether the chain of a log holds.", schema: VERIFY },
  { command: "labels", about: "The category of each tool.", schema: LABELS },
  { command: "clients list", about: "The files of clients, and their servers.", schema: CLIENTS_LIST },
  { command: "clients wrap", about: "The changes, and the servers that stay as they are.", schema: WRAP },
  { command: "clients unwrap", about: "The changes.", schema: z.object({ written, changes }) },
  { command: "clients status", about: "The wrapped servers.", schema: CLIENTS_STATUS },
  {
    command: "approvals list",
    about: "The calls that wait for a person, or were decided.",
    schema: APPROVALS_RESPONSE.shape.approvals,
  },
  {
    command: "freeze",
    about: "The freeze: the response of `POST /freeze`.",
    schema: FREEZE.extend({ warning }),
  },
  {
    command: "unfreeze",
    about: "The response of `POST /unfreeze`.",
    schema: z.object({
      unfrozen: z.literal(true),
      still_frozen: z.array(FREEZE).describe("other freezes that stop calls of the same target"),
      warning,
    }),
  },
  { command: "keys create", about: "A new API key.", schema: KEY },
  {
    command: "up status",
    about: "The servers of `tollgate up`: the response of `GET /servers`.",
    schema: UP_STATUS,
  },
  { command: "doctor", about: "The findings about a set-up.", schema: DOCTOR },
  { command: "kube status", about: "The sidecars of a namespace or a cluster.", schema: KUBE_STATUS },
  {
    command: "kube diff",
    about: "The recent calls of each server under another policy.",
    schema: KUBE_DIFF,
  },
];

/** JSON Schema of draft 2020-12. Unknown keys do not fit, so that a test shows each new field. */
export function jsonSchemaOf({ command, schema }: JsonOutput): z.core.JSONSchema.BaseSchema {
  return { title: `tollgate ${command} --format json`, ...z.toJSONSchema(schema) };
}

export function schemaFileOf({ command }: JsonOutput): string {
  return `${command.replaceAll(" ", "-")}.schema.json`;
}
