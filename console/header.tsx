/** The page's header: whether the sidecar is ready, and the reasons when it is not. */

import type { JSX } from "preact";
import type {
  ActivityResponse,
  ApprovalsResponse,
  FreezesResponse,
  PolicyResponse,
  ReadyResponse,
} from "../src/admin/api.ts";
import type { Polled } from "./use-polled.ts";
import { count, fromNow, shortDigest, visible } from "./text.ts";

interface HeaderProps {
  readonly ready: Polled<ReadyResponse>;
  readonly policy: Polled<PolicyResponse>;
  readonly freezes: Polled<FreezesResponse>;
  readonly approvals: Polled<ApprovalsResponse>;
  readonly activity: Polled<ActivityResponse>;
}

export function Header({ ready, policy, freezes, approvals, activity }: HeaderProps): JSX.Element {
  const because = ready.problem === undefined ? (ready.value?.because ?? []) : [ready.problem];
  const lastError = policy.value?.last_error ?? null;
  const frozen = freezes.value?.frozen.length ?? 0;
  const requested = approvals.value?.approvals.filter(({ state }) => state === "requested") ?? [];
  const waiting = requested.filter(({ stale }) => stale === undefined).length;
  return (
    <header>
      <div class="title">
        <h1>Tollgate</h1>
        {activity.value !== undefined && <span class="server">{visible(activity.value.server)}</span>}
      </div>
      <nav aria-label="Sections">
        {SECTIONS.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      <ul class="pills">
        <Pill {...healthOf(ready)} />
        <Pill {...policyPill(policy.value)} />
        {waiting > 0 && <Pill kind="warn" text={`${count(waiting, "call")} waiting for you`} />}
        {frozen > 0 && <Pill kind="bad" text={`${count(frozen, "freeze")} on`} />}
      </ul>
      <div role="status">
        {because.map((reason) => (
          <p key={reason} class="problem">
            Not ready: {visible(reason)}
          </p>
        ))}
        {lastError !== null && (
          <p class="problem">
            The policy file is bad now, and the one before stays in force: {visible(lastError)}
          </p>
        )}
      </div>
    </header>
  );
}

const SECTIONS = [
  ["approvals", "Approvals"],
  ["activity", "Last hour"],
  ["decisions", "Decisions"],
  ["freeze", "Freeze"],
  ["limits", "Limits"],
  ["policy", "Policy"],
  ["try", "Try a policy"],
  ["tools-title", "Tools"],
] as const;

interface PillProps {
  readonly kind: "good" | "warn" | "bad" | "plain";
  readonly text: string;
}

function Pill({ kind, text }: PillProps): JSX.Element {
  return <li class={`pill ${kind}`}>{text}</li>;
}

function healthOf({ value, problem }: Polled<ReadyResponse>): PillProps {
  if (problem !== undefined) return { kind: "bad", text: "no answer" };
  if (value === undefined) return { kind: "plain", text: "asking…" };
  return value.ready ? { kind: "good", text: "ready" } : { kind: "bad", text: "not ready" };
}

function policyPill(policy: PolicyResponse | undefined): PillProps {
  if (policy === undefined) return { kind: "plain", text: "policy…" };
  const { digest, mode, loaded_at } = policy;
  if (digest === "") return { kind: "warn", text: "no policy: everything is allowed" };
  if (digest === null) return { kind: "plain", text: "policies for named agents only" };
  const text = `policy ${shortDigest(digest)}, ${fromNow(loaded_at)}`;
  return mode === "shadow"
    ? { kind: "warn", text: `${text}, shadow: blocks nothing` }
    : { kind: "good", text };
}
