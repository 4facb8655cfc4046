/** The other replicas of the server: announces this one to them, and carries the requests of their sessions. */

import type { HttpSettings } from "../config/settings/settings.ts";
import { SessionCarrier } from "../proxy/downstream/replicas/session-carrier.ts";
import type { Drain } from "../proxy/http/drain.ts";
import { ReplicaDirectory } from "../proxy/sessions/replica-directory.ts";
import type { BuiltIdentity } from "./identity/identity.ts";
import { addressText } from "./identity/session-ids.ts";
import type { Runtime } from "./runtime.ts";

export interface Replicas {
  readonly directory: ReplicaDirectory;
  readonly carrier: SessionCarrier;
}

/** Undefined when sessions are not carried. */
export function openReplicas(
  { replicaAddress }: HttpSettings,
  { clock, counters: { store }, telemetry }: Runtime,
  { homeNames: names }: BuiltIdentity,
  drain: Drain,
): Replicas | undefined {
  if (replicaAddress === undefined || store === undefined || names === undefined) return undefined;
  const address = addressText(replicaAddress);
  const onFailed = telemetry.metrics.limitStoreFailed;
  const directory = new ReplicaDirectory({ store, address, names, nowMs: clock.steadyMs, onFailed });
  return { directory, carrier: new SessionCarrier({ directory, drain }) };
}
