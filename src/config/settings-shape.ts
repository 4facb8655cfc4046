/** The settings as they are written, in flags, environment and YAML: names, forms and defaults. */

import * as z from "zod";
import { ENV_ENTRY } from "./child-environment.ts";

export interface Address {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;

const address = z.string().transform((text, context): Address => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? "", port };
  context.addIssue({ code: "custom", message: `must be HOST:PORT, got "${text}"` });
  return z.NEVER;
});

const endpoint = z.string().transform((text, context): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.hash === "")
    return url;
  context.addIssue({
    code: "custom",
    message: `must be an http or https URL without user or fragment, got "${text}"`,
  });
  return z.NEVER;
});

const list = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(",").map((item) => item.trim())),
]);
const milliseconds = z.number().int().positive().max(3_600_000);
const label = z
  .string()
  .regex(/^[\p{L}\p{N} ._/@-]{1,100}$/u, "must be 1 to 100 letters, digits, spaces or ._/@-");

const environment = list.refine((entries) => entries.every((entry) => ENV_ENTRY.test(entry)), {
  // Security: never what was given, which may be a secret.
  error: "must be NAME or NAME=VALUE, with a name of letters, digits and _",
});

export const SETTINGS_SHAPE = z.strictObject({
  /** Absent when a server is wrapped. */
  upstream: endpoint.optional(),
  env: environment.optional(),
  listen: address.optional(),
  path: z
    .string()
    .regex(/^\/[^\s?#%]*$/, "must start with / and have no query, escape or fragment")
    .default("/mcp"),
  admin: address.default({ host: "127.0.0.1", port: 9464 }),
  policy: z.string().optional(),
  mode: z.enum(["enforce", "shadow"]).default("enforce"),
  server: label.optional(),
  agent: label.optional(),
  limits: z.literal("memory", "must be memory: a shared store is not there yet").default("memory"),
  audit: z.string().optional(),
  "allowed-host": list.default([]),
  "allowed-origin": list.default([]),
  "log-level": z.enum(LOG_LEVELS).default("info"),
  "log-format": z.enum(["json", "pretty"]).optional(),
  agents: z.array(z.strictObject({ match: z.string().min(1), policy: z.string().min(1) })).default([]),
  identity: z
    .strictObject({
      header: z
        .strictObject({
          name: z.string().regex(/^[A-Za-z0-9-]+$/, "must be a header name of letters, digits and -"),
          from: z.array(z.string()).min(1),
        })
        .optional(),
    })
    .default({}),
  bounds: z
    .strictObject({
      "message-bytes": z
        .number()
        .int()
        .min(1024)
        .max(64 * 1024 * 1024)
        .default(4 * 1024 * 1024),
      "list-bytes": z
        .number()
        .int()
        .min(1024)
        .max(256 * 1024 * 1024)
        .default(32 * 1024 * 1024),
      "request-ms": milliseconds.default(15_000),
      "upstream-connect-ms": milliseconds.default(5_000),
      "upstream-idle-ms": milliseconds.default(300_000),
      "lame-duck-ms": z.number().int().min(0).max(600_000).default(5_000),
      "drain-ms": z.number().int().min(0).max(600_000).default(25_000),
    })
    .prefault({}),
});
