/** Tells a receiver by HTTP that a call waits for a person: signed, retried, bounded, and never in a call's way. */

import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Approval } from "../../enforcement/approvals/approvals.ts";

export interface ApprovalWebhookOptions {
  readonly url: URL;
  readonly secret: string;
  /** The name of the guarded server. */
  readonly server: string;
  /** Where people find the console; absent where nobody knows. */
  readonly consoleUrl: URL | undefined;
  /** Hears what could not be told. */
  readonly warn: (fields: object, message: string) => void;
  readonly nowMs: () => number;
  /** Absent means 1, 2, 4, 8 s. */
  readonly retryAfterMs?: readonly number[];
  /** How long one try may take; absent means 5 s. */
  readonly timeoutMs?: number;
  /** How many may wait; absent means 100. */
  readonly maxWaiting?: number;
}

export interface ApprovalWebhook {
  /** Returns at once. Past the bound the approval is not told, and the log says so. */
  readonly notify: (approval: Approval) => void;
  /** Gives up what waits. */
  readonly close: () => void;
}

const RETRY_AFTER_MS = [1_000, 2_000, 4_000, 8_000];

/** One request at a time, in the order in which calls began to wait. */
export function createApprovalWebhook(options: ApprovalWebhookOptions): ApprovalWebhook {
  const { warn, maxWaiting = 100 } = options;
  const closing = new AbortController();
  const waiting: Approval[] = [];
  let isWorking = false;
  const work = async (): Promise<void> => {
    isWorking = true;
    for (let next = waiting.shift(); next !== undefined && !closing.signal.aborted; next = waiting.shift())
      await deliver(next, options, closing.signal);
    isWorking = false;
  };
  return {
    notify: (approval) => {
      if (closing.signal.aborted) return;
      if (waiting.length >= maxWaiting) warn({ approval: approval.id }, "the webhook is behind: not told");
      else waiting.push(approval);
      if (!isWorking) void work();
    },
    close: () => {
      waiting.length = 0;
      closing.abort();
    },
  };
}

/** Never throws: what could not be delivered is in the log. */
async function deliver(
  approval: Approval,
  options: ApprovalWebhookOptions,
  closing: AbortSignal,
): Promise<void> {
  const { retryAfterMs = RETRY_AFTER_MS, nowMs, warn } = options;
  for (const waitMs of [...retryAfterMs, undefined]) {
    const failure = await post(approval, options, closing);
    if (failure === undefined || closing.aborted) return;
    const isLast = waitMs === undefined || !failure.mayPass || nowMs() + waitMs >= approval.expiresAtMs;
    const fields = { approval: approval.id, because: failure.because };
    if (isLast) return warn(fields, "the webhook was not told that a call waits");
    await pause(waitMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
  }
}

interface Failure {
  readonly because: string;
  /** Whether the same request may succeed later. */
  readonly mayPass: boolean;
}

/** Undefined when it was taken. */
async function post(
  approval: Approval,
  { timeoutMs = 5_000, ...options }: ApprovalWebhookOptions,
  closing: AbortSignal,
): Promise<Failure | undefined> {
  const body = JSON.stringify(describe(approval, options));
  const timestamp = String(Math.floor(options.nowMs() / 1_000));
  try {
    const response = await fetch(options.url, {
      method: "POST",
      // Security: what is signed for one address goes to no other.
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
    return { because: "no answer", mayPass: true };
  }
}

/** Hexadecimal HMAC-SHA256 over the timestamp, a full stop, and the body. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

function failureOf(status: number): Failure {
  return { because: `answered ${status}`, mayPass: status >= 500 || status === 408 || status === 429 };
}

const MOST_NAMES = 64;
const LONGEST = 256;

function describe(
  { id, agent, tool, args, rule, policyDigest, requestedAtMs, expiresAtMs }: Approval,
  { server, consoleUrl }: Pick<ApprovalWebhookOptions, "server" | "consoleUrl">,
): object {
  return {
    type: "approval_requested",
    id,
    server,
    agent: cut(agent),
    tool: cut(tool),
    arguments: { names: args.keys.slice(0, MOST_NAMES).map(cut), bytes: args.bytes },
    rule: cut(rule),
    policy: policyDigest,
    requested_at: new Date(requestedAtMs).toISOString(),
    expires_at: new Date(expiresAtMs).toISOString(),
    console: consoleUrl === undefined ? null : new URL("#approvals", consoleUrl).href,
  };
}

function cut(text: string): string {
  return text.slice(0, LONGEST).toWellFormed();
}
