/** MemoryApprovals of single calls: where they are kept, and how they reach metrics, log and webhook. */

import { createHash, randomBytes } from "node:crypto";
import type { Settings } from "../../config/settings/settings.ts";
import type { Approval, ApprovalService, ApprovalsOptions } from "../../enforcement/approvals/approval.ts";
import { MemoryApprovals } from "../../enforcement/approvals/memory-approvals.ts";
import { readApproval } from "../../config/files/control-state.ts";
import { SharedApprovals } from "../../enforcement/approvals/redis-approvals.ts";
import type { Freezes } from "../../enforcement/freezes/freezes.ts";
import { shownValues } from "../../telemetry/audit/shown-values.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { staleCause } from "./approval-actions.ts";
import { type ApprovalWebhook, createApprovalWebhook } from "./approval-webhook.ts";
import { type ControlParts, saveState } from "./control-files.ts";

export interface ApprovalControl {
  readonly service: ApprovalService;
  /** Sets the gauge of pending approvals. With a store the reading arrives later, and the next scrape shows it. */
  readonly updateGauge: () => void;
  /** Drops webhook requests that are not sent yet. */
  readonly stop: () => void;
}

type Observability = Pick<Telemetry, "log" | "metrics">;

/** Opens approvals in the shared store when there is one, else in the state file, else in memory. */
export function openApprovalControl(
  settings: Settings,
  telemetry: Observability,
  parts: ControlParts & { readonly freezes: Freezes },
): ApprovalControl {
  const nowMs = parts.clock.wallMs;
  const webhook = openWebhook(settings, telemetry, nowMs);
  const options = approvalOptions(settings, telemetry, { webhook, nowMs });
  const service = openApprovals(options, telemetry, parts);
  return {
    service,
    updateGauge: () =>
      updateGauge(
        telemetry,
        service.list(nowMs()),
        (approval) => staleCause(approval, { ...parts, nowMs }) !== undefined,
      ),
    stop: () => webhook?.close(),
  };
}

function approvalOptions(
  { approvals: { ttlMs, approvers = 1, hidesValues = false }, bounds }: Settings,
  { log, metrics }: Observability,
  { webhook, nowMs }: { readonly webhook: ApprovalWebhook | undefined; readonly nowMs: () => number },
): ApprovalsOptions {
  return {
    ttlMs,
    approvers,
    ...(!hidesValues && { show: shownValues }),
    maxInAll: bounds.approvals,
    maxPerAgent: bounds.approvalsPerAgent,
    newId: () => randomBytes(9).toString("base64url"),
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    nowMs,
    onChange: (approval, state) => {
      metrics.approval(state);
      if (state !== "requested") return;
      const { id, agent, user, claimedClient, tool, rule } = approval;
      log.info(
        {
          approval: id,
          agent,
          ...(user !== undefined && { user }),
          ...(claimedClient !== undefined && { claimed_client: claimedClient }),
          tool,
          rule,
        },
        "a call waits for approval",
      );
      webhook?.notify(approval);
    },
  };
}

function openApprovals(
  options: ApprovalsOptions,
  { log, metrics }: Observability,
  { files, store }: ControlParts,
): ApprovalService {
  const { approvals: file } = files;
  if (store !== undefined) {
    if (file !== undefined) log.warn("approvals are in the limit store: their state file is not used");
    return new SharedApprovals({ ...options, store, read: readApproval, onFailed: metrics.limitStoreFailed });
  }
  if (file === undefined) return new MemoryApprovals(options);
  const initial = (file.initial ?? []).slice(0, options.maxInAll);
  return new MemoryApprovals({ ...options, store: { initial, save: (kept) => saveState(log, file, kept) } });
}

function openWebhook(
  { server, admin, approvals: { webhook } }: Settings,
  { log }: Observability,
  nowMs: () => number,
): ApprovalWebhook | undefined {
  // Port 0 is not bound yet, and a wildcard address cannot be opened in a browser.
  const isReachable = admin.port !== 0 && !["0.0.0.0", "::"].includes(admin.host);
  const host = admin.host.includes(":") ? `[${admin.host}]` : admin.host;
  const consoleUrl = isReachable
    ? new URL(`${admin.tls === undefined ? "http" : "https"}://${host}:${admin.port}/`)
    : undefined;
  const warn = (fields: object, message: string): void => log.warn(fields, message);
  return webhook && createApprovalWebhook({ consoleUrl, ...webhook, server, warn, nowMs });
}

/** Counts the calls that a person can decide: a stale one waits for its agent to call again. */
function updateGauge(
  { log, metrics }: Observability,
  listed: ReturnType<ApprovalService["list"]>,
  isStale: (approval: Approval) => boolean,
): void {
  const update = (approvals: readonly Approval[] | undefined): void => {
    const pending = approvals?.filter((one) => one.state === "requested" && !isStale(one));
    if (pending !== undefined) metrics.approvalsPending(pending.length);
  };
  if (listed instanceof Promise)
    listed
      .then(update)
      .catch((error: unknown) => log.error({ err: error }, "approvals could not be counted"));
  else update(listed);
}
