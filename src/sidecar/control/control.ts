/** What people control: approvals and the kill switch, told to metrics, log and audit. */

import { createHash, randomBytes } from "node:crypto";
import type { ControlActions } from "../../admin/control-routes.ts";
import type { Settings } from "../../config/settings/settings.ts";
import {
  type Approval,
  type ApprovalService,
  Approvals,
  type ApprovalsOptions,
  type ApprovalState,
  type Choice,
} from "../../enforcement/approvals/approvals.ts";
import { readApproval } from "../../config/files/control-state.ts";
import type { Clock } from "../../enforcement/clock.ts";
import { type Freeze, Freezes } from "../../enforcement/freezes/freezes.ts";
import type { Control as Controlled } from "../../enforcement/observer.ts";
import { SharedApprovals } from "../../enforcement/approvals/redis-approvals.ts";
import type { SharedStore } from "../../enforcement/store/shared-store.ts";
import { type ApprovalWebhook, createApprovalWebhook } from "./approval-webhook.ts";
import { type ControlFiles, followFreezes, saveState } from "./control-files.ts";
import { type FreezeControl, openFreezeControl } from "./freeze-control.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";

export interface Control {
  readonly approvals: ApprovalService;
  readonly freezes: Freezes;
  readonly actions: Omit<ControlActions, "capturedFor">;
  /** Sets the gauges; called before each scrape, since time alone ends what they count. A scrape never waits for a store. */
  readonly updateGauges: () => void;
  /** Looks at the freeze file now. */
  readonly poll: () => void;
  /** Resolves when what others have frozen is in force, or the store has not answered; follows it from then on. */
  readonly start: () => Promise<void>;
  /** Stops following it, and tells nobody any more. */
  readonly stop: () => void;
}

type Observability = Pick<Telemetry, "log" | "metrics" | "observer">;

export interface ControlParts {
  readonly files: ControlFiles;
  readonly clock: Clock;
  /** Where approvals and freezes are shared; absent: they are this process's own. */
  readonly store: SharedStore | undefined;
}

/** What is frozen or waits for approval already is in force from now on. */
export function createControl(all: Settings, told: Observability, parts: ControlParts): Control {
  const nowMs = parts.clock.wallMs;
  const webhook = webhookOf(all, told, nowMs);
  const approvals = openApprovals(all, told, parts, webhook);
  const freezes = new Freezes();
  const freezing = openFreezeControl(freezes, told, { file: parts.files.freezes, store: parts.store });
  const followed = followFreezes(parts.files.freezeFile, freezes, { log: told.log, nowMs });
  return {
    approvals,
    freezes,
    poll: () => {
      followed.poll();
      freezing.poll();
    },
    start: freezing.start,
    stop: () => {
      followed.stop();
      freezing.stop();
      webhook?.close();
    },
    actions: controlSources({ approvals, freezes, freezing, told, nowMs }),
    updateGauges: () => {
      measureFreezes(told, freezes.list(nowMs()));
      measureApprovals(told, approvals.list(nowMs()));
    },
  };
}

function openApprovals(
  { approvals: settings, bounds }: Settings,
  told: Observability,
  { files, store, clock }: ControlParts,
  webhook: ApprovalWebhook | undefined,
): ApprovalService {
  const options: ApprovalsOptions = {
    ttlMs: settings.ttlMs,
    maxInAll: bounds.approvals,
    maxPerAgent: bounds.approvalsPerAgent,
    newId: () => randomBytes(9).toString("base64url"),
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    nowMs: clock.wallMs,
    onChange: (approval, state) => {
      tellApproval(told, approval, state);
      if (state === "requested") webhook?.notify(approval);
    },
  };
  if (store !== undefined) {
    if (files.approvals !== undefined)
      told.log.warn("approvals are in the limit store: their state file is not used");
    const onFailed = told.metrics.limitStoreFailed;
    return new SharedApprovals({ ...options, store, read: readApproval, onFailed });
  }
  const { approvals: file } = files;
  if (file === undefined) return new Approvals(options);
  const initial = (file.initial ?? []).slice(0, bounds.approvals);
  return new Approvals({ ...options, store: { initial, save: (kept) => saveState(told.log, file, kept) } });
}

function webhookOf(
  { server, admin, approvals: { webhook } }: Settings,
  { log }: Observability,
  nowMs: () => number,
): ApprovalWebhook | undefined {
  // A free port is not known yet, and every address is nobody's.
  const isKnown = admin.port !== 0 && !["0.0.0.0", "::"].includes(admin.host);
  const own = isKnown ? new URL(`http://${urlHost(admin.host)}:${admin.port}/`) : undefined;
  const warn = (fields: object, message: string): void => log.warn(fields, message);
  return webhook && createApprovalWebhook({ consoleUrl: own, ...webhook, server, warn, nowMs });
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function tellApproval(
  { log, metrics }: Observability,
  { id, agent, tool, rule }: Approval,
  state: ApprovalState,
): void {
  metrics.approval(state);
  if (state === "requested") log.info({ approval: id, agent, tool, rule }, "a call waits for approval");
}

function measureApprovals(told: Observability, known: ReturnType<ApprovalService["list"]>): void {
  const measure = (approvals: readonly Approval[] | undefined): void => {
    const waiting = approvals?.filter(({ state }) => state === "requested");
    if (waiting !== undefined) told.metrics.approvalsPending(waiting.length);
  };
  if (!(known instanceof Promise)) return measure(known);
  // The next scrape shows it.
  known
    .then(measure)
    .catch((error: unknown) => told.log.error({ err: error }, "approvals could not be counted"));
}

function measureFreezes({ metrics }: Observability, frozen: readonly Freeze[]): void {
  const count = (isOne: (freeze: Freeze) => boolean): number => frozen.filter(isOne).length;
  metrics.frozen(
    "all",
    Math.min(
      1,
      count(({ agent, tool }) => agent === undefined && tool === undefined),
    ),
  );
  metrics.frozen(
    "agent",
    count(({ agent }) => agent !== undefined),
  );
  metrics.frozen(
    "tool",
    count(({ agent, tool }) => agent === undefined && tool !== undefined),
  );
}

interface Parts {
  readonly approvals: ApprovalService;
  readonly freezes: Freezes;
  readonly freezing: FreezeControl;
  readonly told: Observability;
  readonly nowMs: () => number;
}

function controlSources({ approvals, freezes, freezing, told, nowMs }: Parts): Control["actions"] {
  const tell = (control: Omit<Controlled, "atMs">): void => {
    told.observer.controlled({ atMs: nowMs(), ...control });
    told.log.warn(control, "changed by hand");
  };
  return {
    nowMs,
    approvals: () => approvals.list(nowMs()),
    settle: async (id, choice, who) => {
      const settled = await approvals.settle(id, choice, { ...who, atMs: nowMs() });
      if (settled.state === "settled") {
        const { agent, tool } = settled.approval;
        tell({ action: ACTIONS[choice], ...who, approval: id, agent, tool });
      }
      return settled;
    },
    frozen: () => freezes.list(nowMs()),
    freeze: async (part, who) => {
      const freeze = { ...part, ...who, sinceMs: nowMs() };
      const kept = freezing.set(freeze);
      // In force already, whatever the store will say.
      tell({ action: "freeze", ...who, ...part });
      return { freeze, ...(await kept) };
    },
    unfreeze: async (part, who) => {
      const lifted = await freezing.lift(part);
      if (lifted.state === "lifted") tell({ action: "unfreeze", ...who, ...part });
      return lifted;
    },
  };
}

const ACTIONS: Readonly<Record<Choice, "approve" | "reject">> = { approved: "approve", rejected: "reject" };
