/** Reads the state of one sidecar from the pages of its admin listener. */

import * as z from "zod";
import { type Answer, askSidecar, type SidecarAccess } from "./ask-sidecar.ts";
import type { Sidecar } from "./find-sidecars.ts";

/** One sidecar with its state. A field is null where the sidecar did not say it. */
export interface SidecarStatus {
  readonly sidecar: Sidecar;
  /** The `server` label of its metrics; null without an answer. */
  readonly server: string | null;
  readonly version: string | null;
  readonly isReady: boolean;
  /** Why it is not ready. */
  readonly because: readonly string[];
  readonly mode: "shadow" | "enforce" | "mixed" | null;
  /** Digests of the policies in force; empty without a policy; null without an answer. */
  readonly policies: readonly string[] | null;
  readonly loadedAt: string | null;
  /** Why the policy file as it is now is not in force. */
  readonly policyError: string | null;
  /** Of the last hour. */
  readonly calls: number | null;
  readonly denied: number | null;
  readonly wouldDeny: number | null;
  readonly freezes: readonly Freeze[] | null;
  /** Whether the server can be reached round the sidecar. */
  readonly isExposed: boolean | null;
  /** Why a page could not be read, each once. */
  readonly problems: readonly string[];
}

const READY = z.object({ ready: z.boolean(), because: z.array(z.string()) });
const POLICY = z.object({
  last_error: z.string().nullable(),
  loaded_at: z.string(),
  all: z.array(z.object({ digest: z.string(), mode: z.enum(["shadow", "enforce"]) })),
});
const ACTIVITY = z.object({
  server: z.string(),
  minutes: z.array(z.object({ calls: z.number(), denied: z.number(), wouldDeny: z.number() })),
});
const FREEZE = z.object({
  agent: z.string().nullable(),
  tool: z.string().nullable(),
  by: z.string(),
  reason: z.string().optional(),
  until: z.string().nullable(),
});
const FREEZES = z.object({ frozen: z.array(FREEZE) });
export type Freeze = z.infer<typeof FREEZE>;

/** The state of a sidecar; one whose container does not run is not asked. */
export async function readStatus(access: SidecarAccess, sidecar: Sidecar): Promise<SidecarStatus> {
  const { waiting } = sidecar;
  if (waiting !== undefined) return { ...UNKNOWN, sidecar, because: [waiting] };
  // The first page alone: where it fails, the others would fail in the same way.
  const ready = await askSidecar(access, sidecar, "/readyz");
  if (!ready.ok) return { ...UNKNOWN, sidecar, because: [ready.problem], problems: [ready.problem] };
  const [policy, activity, freezes, metrics] = await Promise.all(
    PAGES.map((path) => askSidecar(access, sidecar, path)),
  );
  const { ready: isReady = false, because = [NO_PAGE] } = parsed(READY, ready) ?? {};
  const failures = [policy, activity, freezes, metrics].flatMap((each) =>
    each === undefined || each.ok ? [] : [each.problem],
  );
  return {
    sidecar,
    isReady,
    because,
    ...policyFields(parsed(POLICY, policy)),
    ...activityFields(parsed(ACTIVITY, activity)),
    ...metricFields(metrics),
    freezes: parsed(FREEZES, freezes)?.frozen ?? null,
    problems: [...new Set(failures)],
  };
}

const PAGES = ["/policy", "/activity", "/freeze", "/metrics"] as const;
const NO_PAGE = "its admin port answers, and not as Tollgate";

const UNKNOWN: Omit<SidecarStatus, "sidecar"> = {
  server: null,
  version: null,
  isReady: false,
  because: [],
  mode: null,
  policies: null,
  loadedAt: null,
  policyError: null,
  calls: null,
  denied: null,
  wouldDeny: null,
  freezes: null,
  isExposed: null,
  problems: [],
};

function parsed<Page>(schema: z.ZodType<Page>, answer: Answer | undefined): Page | undefined {
  if (answer?.ok !== true) return undefined;
  try {
    return schema.safeParse(JSON.parse(answer.text)).data;
  } catch {
    return undefined;
  }
}

function policyFields(policy: z.infer<typeof POLICY> | undefined) {
  const { mode, policies, loadedAt, policyError } = UNKNOWN;
  if (policy === undefined) return { mode, policies, loadedAt, policyError };
  const modes = new Set(policy.all.map((each) => each.mode));
  const [first = null] = modes;
  return {
    mode: modes.size > 1 ? ("mixed" as const) : first,
    // Without a policy file there is one policy, without a digest.
    policies: policy.all.map(({ digest }) => digest).filter((digest) => digest !== ""),
    loadedAt: policy.loaded_at,
    policyError: policy.last_error,
  };
}

function activityFields(activity: z.infer<typeof ACTIVITY> | undefined) {
  if (activity === undefined) return { server: null, calls: null, denied: null, wouldDeny: null };
  const sum = (key: "calls" | "denied" | "wouldDeny"): number =>
    activity.minutes.reduce((total, minute) => total + minute[key], 0);
  return {
    server: activity.server,
    calls: sum("calls"),
    denied: sum("denied"),
    wouldDeny: sum("wouldDeny"),
  };
}

function metricFields(metrics: Answer | undefined): Pick<SidecarStatus, "version" | "isExposed"> {
  if (metrics?.ok !== true) return { version: null, isExposed: null };
  const [, version = null] = /^tollgate_build_info\{[^}]*version="([^"]*)"/m.exec(metrics.text) ?? [];
  const [, exposed] = /^tollgate_upstream_exposed\{[^}]*\} (\d+)/m.exec(metrics.text) ?? [];
  return { version, isExposed: exposed === undefined ? null : exposed === "1" };
}
