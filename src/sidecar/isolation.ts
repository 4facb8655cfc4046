/** Tells when the upstream can be reached round the sidecar, and keeps it from serving where isolation is required. */

import type { Telemetry } from "../telemetry/telemetry.ts";
import { type Exposure, findExposure } from "../proxy/upstream/isolation-check.ts";

export interface Isolation {
  /** Asks anew: at start, and each time the upstream has come up. */
  readonly check: () => Promise<void>;
  /** Why the sidecar must not serve; undefined while it may. */
  readonly violation: () => string | undefined;
}

/** Of a server that only we can talk to, over its pipes. */
export const ISOLATED: Isolation = { check: async () => undefined, violation: () => undefined };

export function watchIsolation(
  upstream: URL,
  isRequired: boolean,
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
): Isolation {
  let broken: string | undefined;
  const check = async (): Promise<void> => {
    const exposure = await findExposure(upstream);
    metrics.upstreamExposed(exposure.state === "exposed");
    const words = describe(exposure, upstream);
    broken = isRequired ? words : undefined;
    if (words !== undefined && exposure.state === "exposed") log.warn({ because: words }, "not isolated");
  };
  return { check, violation: () => broken };
}

function describe(exposure: Exposure, { host, port }: URL): string | undefined {
  switch (exposure.state) {
    case "isolated":
      return undefined;
    case "exposed":
      return `the upstream can be reached round the sidecar, at ${exposure.address} port ${port}; let it listen on 127.0.0.1`;
    case "unknown":
      return `the upstream at ${host} is not on loopback, so others may reach it round the sidecar`;
  }
}
