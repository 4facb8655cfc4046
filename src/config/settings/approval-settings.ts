/** Settings of approvals: how long they wait, and who hears that a call waits. */

import { readFileSync } from "node:fs";
import * as z from "zod";

export interface ApprovalSettings {
  /** How long an approval waits for a person, and how long it stays usable once given. */
  readonly ttlMs: number;
  /** A file of ours, which outlives this process; absent: approvals end with it. */
  readonly state?: string;
  /** Who hears of each call that waits; absent: nobody. */
  readonly webhook?: WebhookSettings;
}

export interface WebhookSettings {
  readonly url: URL;
  /** What requests are signed with. */
  readonly secret: string;
  /** Where people find the console, with a slash at the end; absent: the admin listener's own address. */
  readonly consoleUrl?: URL;
}

const MAX_TTL_SECONDS = 7 * 86_400;
/** 128 random bits in base64url have 22 characters. */
const MIN_SECRET_LENGTH = 22;

const httpUrl = z.string().transform((text, context): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.hash === "")
    return url;
  // Security: not repeated, since addresses of webhooks often hold a secret.
  context.addIssue({ code: "custom", message: "must be an http or https URL without user or fragment" });
  return z.NEVER;
});

const secretFile = z.string().transform((file, context) => {
  try {
    const secret = readFileSync(file, "utf8").trim();
    if (secret.length >= MIN_SECRET_LENGTH) return secret;
    const message = `must hold ${MIN_SECRET_LENGTH} or more characters; make them with openssl rand -base64 24`;
    context.addIssue({ code: "custom", message });
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    context.addIssue({ code: "custom", message: `cannot be read: ${why}` });
  }
  return z.NEVER;
});

const webhook = z.strictObject({
  url: httpUrl,
  "secret-file": secretFile,
  "console-url": httpUrl.optional(),
});

export const APPROVALS_SHAPE = z
  .strictObject({
    "ttl-seconds": z.number().int().min(1).max(MAX_TTL_SECONDS).default(900),
    state: z.string().min(1).optional(),
    webhook: webhook.optional(),
  })
  .prefault({});

export function approvalSettings(raw: z.infer<typeof APPROVALS_SHAPE>): ApprovalSettings {
  const { webhook: hook, state } = raw;
  const consoleUrl = hook?.["console-url"];
  return {
    ttlMs: raw["ttl-seconds"] * 1_000,
    ...(state !== undefined && { state }),
    ...(hook && {
      webhook: { url: hook.url, secret: hook["secret-file"], ...(consoleUrl && { consoleUrl }) },
    }),
  };
}
