/** Notifies a receiver by HTTP that a call waits for approval: signed, retried, bounded, and without delaying the call. */

import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Approval } from "../../enforcement/approvals/approval.ts";
import { escapeInvisible } from "../../json/escape-invisible.ts";

export interface ApprovalWebhookOptions {
  readonly url: URL;
  readonly secret: string;
  /** The name of the guarded server. */
  readonly server: string;
  /** Address of the console; undefined when it is not known. */
  readonly consoleUrl: URL | undefined;
  /** Logs a notification that was not delivered. */
  readonly warn: (fields: object, message: string) => void;
  readonly nowMs: () => number;
  /** Absent means 1, 2, 4, 8 s. */
  readonly retryAfterMs?: readonly number[];
  /** Timeout of one attempt; absent means 5 s. */
  readonly timeoutMs?: number;
  /** Notifications in the queue at most; absent means 100. */
  readonly maxWaiting?: number;
}

export interface ApprovalWebhook {
  /** Queues a notification and returns at once; when the queue is full, the notification is dropped and logged. */
  readonly notify: (approval: Approval) => void;
  /** Drops the queue. */
  readonly close: () => void;
}

const RETRY_AFTER_MS = [1_000, 2_000, 4_000, 8_000];

/** Sends one request at a time, in the order of the approvals. */
export function createApprovalWebhook(options: ApprovalWebhookOptions): ApprovalWebhook {
  const { warn, maxWaiting = 100 } = options;
  const closing = new AbortController();
  const waiting: Approval[] = [];
  let isSending = false;
  const sendAll = async (): Promise<void> => {
    isSending = true;
    for (let next = waiting.shift(); next !== undefined && !closing.signal.aborted; next = waiting.shift())
      await deliver(next, options, closing.signal);
    isSending = false;
  };
  return {
    notify: (approval) => {
      if (closing.signal.aborted) return;
      if (waiting.length >= maxWaiting)
        warn({ approval: approval.id }, "the webhook queue is full: notification dropped");
      else waiting.push(approval);
      if (!isSending) void sendAll();
    },
    close: () => {
      waiting.length = 0;
      closing.abort();
    },
  };
}

/** Never throws: a notification that is not delivered is logged. */
async function deliver(
  approval: Approval,
  options: ApprovalWebhookOptions,
  closing: AbortSignal,
): Promise<void> {
  const { retryAfterMs = RETRY_AFTER_MS, nowMs, warn } = options;
  for (const waitMs of [...retryAfterMs, undefined]) {
    const failure = await post(approval, options, closing);
    if (failure === undefined || closing.aborted) return;
    const isLast = waitMs === undefined || !failure.isTransient || nowMs() + waitMs >= approval.expiresAtMs;
    const fields = { approval: approval.id, because: failure.because };
    if (isLast) return warn(fields, "a webhook notification was not delivered");
    await pause(waitMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
  }
}

interface Failure {
  readonly because: string;
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean;
}

/** Undefined when the receiver accepted it. */
async function post(
  approval: Approval,
  { timeoutMs = 5_000, ...options }: ApprovalWebhookOptions,
  closing: AbortSignal,
): Promise<Failure | undefined> {
  const body = JSON.stringify(webhookBody(approval, options));
  const timestamp = String(Math.floor(options.nowMs() / 1_000));
  try {
    const response = await fetch(options.url, {
      method: "POST",
      // Security: a body that is signed for one address is sent to no other.
      redirect: "manual",
      signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
      headers: {
        "Content-Type": "application/json",
        "Tollgate-Timestamp": timestamp,
        "Tollgate-Signature": `sha256=${signatureOf(options.secret, timestamp, body)}`,
      },
      body,
    });
    await response.body?.cancel();
    return response.ok ? undefined : failureOf(response.status);
  } catch {
    // Security: an error of fetch may name the address, which may hold a secret.
    return { because: "no response", isTransient: true };
  }
}

/** Hexadecimal HMAC-SHA256 over the timestamp, a full stop, and the body. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

function failureOf(status: number): Failure {
  return { because: `status ${status}`, isTransient: status >= 500 || status === 408 || status === 429 };
}

const MAX_NAMES = 64;
const MAX_TEXT = 256;

function webhookBody(
  { id, agent, user, claimedClient, tool, args, rule, policyDigest, requestedAtMs, expiresAtMs }: Approval,
  { server, consoleUrl }: Pick<ApprovalWebhookOptions, "server" | "consoleUrl">,
): object {
  return {
    type: "approval_requested",
    id,
    server,
    agent: cut(agent),
    ...(user !== undefined && { user: cut(user) }),
    ...(claimedClient !== undefined && { claimed_client: cut(claimedClient) }),
    tool: cut(tool),
    arguments: { names: args.keys.slice(0, MAX_NAMES).map(cut), bytes: args.bytes },
    rule: cut(rule),
    policy: policyDigest,
    requested_at: new Date(requestedAtMs).toISOString(),
    expires_at: new Date(expiresAtMs).toISOString(),
    console: consoleUrl === undefined ? null : new URL("#approvals", consoleUrl).href,
  };
}

function cut(text: string): string {
  return escapeInvisible(text.slice(0, MAX_TEXT).toWellFormed());
}
