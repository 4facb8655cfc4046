/** Detects an upstream that can be reached without passing through the sidecar. */

import type { Telemetry } from "../telemetry/telemetry.ts";
import { type Exposure, findExposure } from "../proxy/upstream/isolation-check.ts";

export interface Isolation {
  /** Checks again: at start, and each time the upstream has come up. */
  readonly check: () => Promise<void>;
  /** Why the sidecar must not serve; always empty where isolation is not required. */
  readonly violations: () => readonly string[];
}

/** Reports the upstream's exposure after each check; `isRequired` makes an exposure a violation. */
export function watchIsolation(
  upstream: URL,
  isRequired: boolean,
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
): Isolation {
  let violations: readonly string[] = [];
  const check = async (): Promise<void> => {
    const exposure = await findExposure(upstream);
    metrics.upstreamExposed(exposure.state === "exposed");
    const because = describeExposure(exposure, upstream);
    violations = isRequired && because !== undefined ? [because] : [];
    if (exposure.state === "exposed") log.warn({ because }, "the upstream is not isolated");
  };
  return { check, violations: () => violations };
}

/** Why the upstream can be, or may be, reached round the sidecar; undefined when it cannot. */
export async function describeIsolation(upstream: URL): Promise<string | undefined> {
  return describeExposure(await findExposure(upstream), upstream);
}

function describeExposure(exposure: Exposure, { host, port }: URL): string | undefined {
  switch (exposure.state) {
    case "isolated":
      return undefined;
    case "exposed":
      return `the upstream can be reached round the sidecar, at ${exposure.address} port ${port}; let it listen on 127.0.0.1`;
    case "unknown":
      return `the upstream at ${host} is not on loopback, so others may reach it round the sidecar`;
  }
}
