/** Closed sets of label values that telemetry declares; those of decisions and outcomes are declared in their own rooms. */

import type { Outcome, Transport } from "../../mcp/vocabulary.ts";

/** The `method` label of a message that is a response. */
export const RESPONSE_METHOD = "response";
/** The `reason` label of a decision without a denial. */
export const NO_REASON = "none";

export const DIRECTIONS = ["downstream", "upstream"] as const;
export const TRANSPORTS = ["http", "stdio"] as const;
export const STORE_CAUSES = ["connection", "timeout", "reply", "other"] as const;
export type StoreCause = (typeof STORE_CAUSES)[number];
/** Why a line of a wrapped server was dropped. */
export const DROPPED_LINES = ["not_json_rpc", "unmatched", "too_large"] as const;
export type DroppedLine = (typeof DROPPED_LINES)[number];
export const FREEZE_KINDS = ["all", "agent", "tool"] as const;
export type FreezeKind = (typeof FREEZE_KINDS)[number];
export const CHANGE_GRADES = ["description", "schema", "annotations"] as const;
export type ChangeGrade = (typeof CHANGE_GRADES)[number];
/** Why the admin listener refused a request. */
export const ADMIN_REFUSALS = [
  "wrong_token",
  "no_token",
  "read_token",
  "no_certificate",
  "no_name",
  "origin",
] as const;
export type AdminRefusalCause = (typeof ADMIN_REFUSALS)[number];
/** Why a span or metric did not reach its collector. */
export const LOST_CAUSES = ["rejected", "refused", "unreachable", "timeout", "queue_full", "other"] as const;
export type LostCause = (typeof LOST_CAUSES)[number];
/** Why a record of the audit log was not written: of a file, or of a receiver on the network. */
export const AUDIT_LOST_CAUSES = [...LOST_CAUSES, "disk_full", "not_writable"] as const;
export type AuditLostCause = (typeof AUDIT_LOST_CAUSES)[number];
export const RELOAD_RESULTS = ["success", "failure"] as const;
/** `user` exists only with `identity.user-label`. */
export const LABEL_BOUNDS = ["agent", "tool", "rule", "pair", "user"] as const;
export type LabelBound = (typeof LABEL_BOUNDS)[number];

/** `error.type` of the OpenTelemetry conventions; undefined on success. */
export function errorTypeOf(outcome: Outcome): string | undefined {
  if (outcome === "success") return undefined;
  return outcome === "denied" ? "policy_denied" : outcome;
}

/** `network.transport` of the OpenTelemetry conventions. */
export function networkTransportOf(transport: Transport): "tcp" | "pipe" {
  return transport === "http" ? "tcp" : "pipe";
}

/** The checks of arguments that are counted; see `ArgumentCheck`. */
export const ARGUMENT_CHECKS = ["validate", "observe"] as const;
