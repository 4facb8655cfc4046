/** Run-time control by operators: approvals and freezes, each change logged and audited. */

import type { AdminAccess } from "../../admin/access.ts";
import type { LabelActions } from "../../admin/label-routes.ts";
import type { ControlActions } from "../../admin/control-actions.ts";
import { addPolicyLines } from "../../config/files/policy-lines.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { ApprovalService } from "../../enforcement/approvals/approval.ts";
import { Freezes } from "../../enforcement/freezes/freezes.ts";
import type { Control as ControlEvent } from "../../enforcement/observer.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { createAdminRefusals } from "./admin-refusals.ts";
import { approvalActions } from "./approval-actions.ts";
import { openApprovalControl } from "./approval-control.ts";
import { type ControlParts, followFreezes } from "./control-files.ts";
import { type FreezeControl, openFreezeControl } from "./freeze-control.ts";

export interface Control {
  readonly approvals: ApprovalService;
  readonly freezes: Freezes;
  readonly actions: Omit<ControlActions, "capturedFor">;
  /** Corrections of labels, where the settings name a file for them. */
  readonly labels: Pick<LabelActions, "correctionsFile" | "saveLabel">;
  /** Called for each request that the admin listener refuses. */
  readonly onAdminRefused: AdminAccess["onRefused"];
  /** Sets the gauges. Called before each scrape, because entries also end by time. Never waits for a store. */
  readonly updateGauges: () => void;
  /** Reads the freeze file and the store at once. */
  readonly poll: () => Promise<void>;
  /** Starts following the store; resolves when its freezes are in force, or it has not answered in time. */
  readonly start: () => Promise<void>;
  /** Stops following file and store, and sends no further webhook. */
  readonly stop: () => void;
}

/** Freezes and approvals that were kept from before are in force from now on. */
export function createControl(settings: Settings, telemetry: Telemetry, parts: ControlParts): Control {
  const nowMs = parts.clock.wallMs;
  const { correctionsFile } = settings.labels;
  const freezes = new Freezes();
  const approvals = openApprovalControl(settings, telemetry, { ...parts, freezes });
  const refusals = createAdminRefusals(telemetry, nowMs);
  const freezeControl = openFreezeControl(freezes, telemetry, parts);
  const freezeFile = followFreezes(parts.files.freezeFile, freezes, { log: telemetry.log, nowMs });
  return {
    approvals: approvals.service,
    freezes,
    onAdminRefused: refusals.onRefused,
    labels: {
      correctionsFile,
      saveLabel: ({ tool, category, correction: { key, entry } }, operator) => {
        const problem =
          correctionsFile === undefined ? undefined : addPolicyLines(correctionsFile, key, entry);
        if (problem === undefined)
          record(telemetry, nowMs(), { action: "label", ...operator, tool, category });
        return problem;
      },
    },
    poll: () => {
      freezeFile.poll();
      return freezeControl.poll();
    },
    start: freezeControl.start,
    stop: () => {
      freezeFile.stop();
      freezeControl.stop();
      approvals.stop();
      refusals.flush();
    },
    actions: {
      nowMs,
      approvers: settings.approvals.approvers ?? 1,
      ...approvalActions({
        approvals: approvals.service,
        freezes,
        policies: parts.policies,
        nowMs,
        record: (atMs, event) => record(telemetry, atMs, event),
      }),
      ...freezeActions(freezes, freezeControl, { telemetry, nowMs }),
    },
    updateGauges: () => {
      freezeControl.updateGauges(nowMs());
      approvals.updateGauge();
    },
  };
}

function freezeActions(
  freezes: Freezes,
  control: FreezeControl,
  { telemetry, nowMs }: { readonly telemetry: Telemetry; readonly nowMs: () => number },
): Pick<ControlActions, "frozen" | "freeze" | "unfreeze"> {
  return {
    frozen: () => freezes.list(nowMs()),
    freeze: async (part, operator) => {
      const freeze = { ...part, ...operator, sinceMs: nowMs() };
      const kept = control.set(freeze);
      // Recorded before the store responds: the freeze is in force already.
      record(telemetry, nowMs(), { action: "freeze", ...operator, ...part });
      return { freeze, ...(await kept) };
    },
    unfreeze: async (part, operator) => {
      const lifted = await control.lift(part);
      if (lifted.state === "lifted") record(telemetry, nowMs(), { action: "unfreeze", ...operator, ...part });
      return lifted;
    },
  };
}

function record({ observer, log }: Telemetry, atMs: number, event: Omit<ControlEvent, "atMs">): void {
  observer.controlled({ atMs, ...event });
  log.warn(
    event,
    event.action === "label"
      ? "an operator corrected a label"
      : "an operator changed an approval or a freeze",
  );
}
