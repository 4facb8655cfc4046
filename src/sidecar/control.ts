/** What people control: approvals and the kill switch, told to metrics, log and audit. */

import { createHash, randomBytes } from "node:crypto";
import type { ControlSources } from "../admin/control.ts";
import type { Settings } from "../config/settings.ts";
import { type Approval, type ApprovalState, Approvals, type Choice } from "../enforcement/approvals.ts";
import type { Clock } from "../enforcement/clock.ts";
import { type Freeze, Freezes } from "../enforcement/freeze.ts";
import type { Control as Controlled } from "../enforcement/observer.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export interface Control {
  readonly approvals: Approvals;
  readonly freezes: Freezes;
  readonly sources: ControlSources;
  /** Sets the gauges; called before each scrape, since time alone ends what they count. */
  readonly measure: () => void;
}

type Told = Pick<Telemetry, "log" | "metrics" | "observer">;

export function createControl({ approvals: settings, bounds }: Settings, told: Told, clock: Clock): Control {
  const nowMs = clock.wallMs;
  const approvals = new Approvals({
    ttlMs: settings.ttlMs,
    maxInAll: bounds.approvals,
    maxPerAgent: bounds.approvalsPerAgent,
    newId: () => randomBytes(9).toString("base64url"),
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    onChange: (approval, state) => tellApproval(told, approval, state),
  });
  const freezes = new Freezes();
  return {
    approvals,
    freezes,
    sources: controlSources({ approvals, freezes, told, nowMs }),
    measure: () => {
      const waiting = approvals.list(nowMs()).filter(({ state }) => state === "requested");
      told.metrics.approvalsPending(waiting.length);
      measureFreezes(told, freezes.list(nowMs()));
    },
  };
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

interface Parts {
  readonly approvals: Approvals;
  readonly freezes: Freezes;
  readonly told: Told;
  readonly nowMs: () => number;
}

function controlSources({ approvals, freezes, told, nowMs }: Parts): ControlSources {
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
      tell({ action: "freeze", ...who, ...part });
      return freeze;
    },
    unfreeze: (part, who) => {
      const state = freezes.lift(part);
      if (state === "lifted") tell({ action: "unfreeze", ...who, ...part });
      return state;
    },
  };
}

const ACTIONS: Readonly<Record<Choice, "approve" | "reject">> = { approved: "approve", rejected: "reject" };
