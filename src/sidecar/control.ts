/** What people control: approvals and the kill switch, told to metrics, log and audit. */

import { createHash, randomBytes } from "node:crypto";
import type { ControlSources } from "../admin/control.ts";
import type { Settings } from "../config/settings.ts";
import { type Approval, type ApprovalState, Approvals, type Choice } from "../enforcement/approvals.ts";
import type { StateFile } from "../config/state-file.ts";
import type { Clock } from "../enforcement/clock.ts";
import { type Freeze, Freezes } from "../enforcement/freeze.ts";
import type { Control as Controlled } from "../enforcement/observer.ts";
import { type ApprovalWebhook, createApprovalWebhook } from "../telemetry/approval-webhook.ts";
import { type ControlFiles, followFreezes } from "./control-files.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export interface Control {
  readonly approvals: Approvals;
  readonly freezes: Freezes;
  readonly sources: Omit<ControlSources, "capturedFor">;
  /** Sets the gauges; called before each scrape, since time alone ends what they count. */
  readonly measure: () => void;
  /** Looks at the freeze file now. */
  readonly poll: () => void;
  /** Stops following it, and tells nobody any more. */
  readonly stop: () => void;
}

type Told = Pick<Telemetry, "log" | "metrics" | "observer">;

export interface ControlParts {
  readonly files: ControlFiles;
  readonly clock: Clock;
}

/** What is frozen or waits for approval already is in force from now on. */
export function createControl(all: Settings, told: Told, { files, clock }: ControlParts): Control {
  const { approvals: settings, bounds } = all;
  const nowMs = clock.wallMs;
  const webhook = webhookOf(all, told, nowMs);
  const save = saver(told.log);
  const approvals = new Approvals({
    ttlMs: settings.ttlMs,
    maxInAll: bounds.approvals,
    maxPerAgent: bounds.approvalsPerAgent,
    newId: () => randomBytes(9).toString("base64url"),
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    onChange: (approval, state) => {
      tellApproval(told, approval, state);
      if (state === "requested") webhook?.tell(approval);
    },
    ...(files.approvals && {
      store: {
        initial: (files.approvals.initial ?? []).slice(0, bounds.approvals),
        save: (kept) => save(files.approvals, kept),
      },
    }),
  });
  const freezes = new Freezes();
  for (const freeze of files.freezes?.initial ?? []) freezes.set(freeze);
  const keepFreezes = (): boolean => save(files.freezes, freezes.byHand());
  const followed = followFreezes(files.freezeFile, freezes, { log: told.log, nowMs });
  return {
    approvals,
    freezes,
    poll: followed.poll,
    stop: () => {
      followed.stop();
      webhook?.close();
    },
    sources: controlSources({ approvals, freezes, keepFreezes, told, nowMs }),
    measure: () => {
      const waiting = approvals.list(nowMs()).filter(({ state }) => state === "requested");
      told.metrics.approvalsPending(waiting.length);
      measureFreezes(told, freezes.list(nowMs()));
    },
  };
}

function webhookOf(
  { server, admin, approvals: { webhook } }: Settings,
  { log }: Told,
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
  { log, metrics }: Told,
  { id, agent, tool, rule }: Approval,
  state: ApprovalState,
): void {
  metrics.approval(state);
  if (state === "requested") log.info({ approval: id, agent, tool, rule }, "a call waits for approval");
}

function measureFreezes({ metrics }: Told, frozen: readonly Freeze[]): void {
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

/** Whether it was kept, or need not be; what kept it from that is in the log. */
function saver(log: Telemetry["log"]): <T>(file: StateFile<T> | undefined, value: T) => boolean {
  return (file, value) => {
    const problem = file?.save(value);
    if (problem !== undefined) log.error({ problem }, "a state could not be kept: it ends with this process");
    return problem === undefined;
  };
}

interface Parts {
  readonly approvals: Approvals;
  readonly freezes: Freezes;
  readonly keepFreezes: () => boolean;
  readonly told: Told;
  readonly nowMs: () => number;
}

function controlSources({ approvals, freezes, keepFreezes, told, nowMs }: Parts): Control["sources"] {
  const tell = (control: Omit<Controlled, "atMs">): void => {
    told.observer.controlled({ atMs: nowMs(), ...control });
    told.log.warn(control, "changed by hand");
  };
  return {
    nowMs,
    approvals: () => approvals.list(nowMs()),
    settle: (id, choice, who) => {
      const settled = approvals.settle(id, choice, { ...who, atMs: nowMs() });
      if (settled.state === "settled") {
        const { agent, tool } = settled.approval;
        tell({ action: ACTIONS[choice], ...who, approval: id, agent, tool });
      }
      return settled;
    },
    frozen: () => freezes.list(nowMs()),
    freeze: (part, who) => {
      const freeze = { ...part, ...who, sinceMs: nowMs() };
      freezes.set(freeze);
      const isKept = keepFreezes();
      tell({ action: "freeze", ...who, ...part });
      return { freeze, isKept };
    },
    unfreeze: (part, who) => {
      const state = freezes.lift(part);
      const isKept = keepFreezes();
      if (state === "lifted") tell({ action: "unfreeze", ...who, ...part });
      return { state, isKept };
    },
  };
}

const ACTIONS: Readonly<Record<Choice, "approve" | "reject">> = { approved: "approve", rejected: "reject" };
