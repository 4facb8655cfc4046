/** Settings of approvals: how long they wait, where they are kept, and the webhook that announces them. */

import { readFileSync } from "node:fs";
import * as z from "zod";
import { readFault } from "../file-fault.ts";

export interface ApprovalSettings {
  /** How long a call waits for an approval, and how long a granted approval stays usable. */
  readonly ttlMs: number;
  /** How many people must approve a call, each with a proven name of its own; absent: one, with any name. */
  readonly approvers?: number;
  /** Whether the values of a waiting call are kept from the people who decide; absent: they are shown. */
  readonly hidesValues?: boolean;
  /** A file that keeps approvals over a restart; absent: they end with the process. */
  readonly state?: string;
  /** Notified of each call that waits; absent: no notification is sent. */
  readonly webhook?: WebhookSettings;
}

export interface WebhookSettings {
  readonly url: URL;
  /** The key that requests are signed with. */
  readonly secret: string;
  /** Address of the console, with a slash at the end; absent: the admin listener's own address. */
  readonly consoleUrl?: URL;
}

const MAX_APPROVERS = 10;
const MAX_TTL_SECONDS = 7 * 86_400;
/** 128 random bits in base64url have 22 characters. */
const MIN_SECRET_LENGTH = 22;

const httpUrl = z.string().transform((text, context): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.hash === "")
    return url;
  // Security: the URL is not repeated, since addresses of webhooks often hold a secret.
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
    context.addIssue({ code: "custom", message: readFault(error) });
  }
  return z.NEVER;
});

const webhook = z
  .strictObject({ url: httpUrl, "secret-file": secretFile, "console-url": httpUrl.optional() })
  .transform(({ url, "secret-file": secret, "console-url": consoleUrl }): WebhookSettings => ({
    url,
    secret,
    ...(consoleUrl && { consoleUrl }),
  }));

export const APPROVALS_SHAPE = z
  .strictObject({
    "ttl-seconds": z.number().int().min(1).max(MAX_TTL_SECONDS).default(900),
    approvers: z.number().int().min(1).max(MAX_APPROVERS).default(1),
    "show-values": z.boolean().default(true),
    state: z.string().min(1).exactOptional(),
    webhook: webhook.exactOptional(),
  })
  .transform(({ "ttl-seconds": ttlSeconds, "show-values": showsValues, ...rest }): ApprovalSettings => ({
    ttlMs: ttlSeconds * 1_000,
    hidesValues: !showsValues,
    ...rest,
  }))
  .prefault({});
