/** Settings of health on the traffic port: the paths that load balancers and probes ask. */

import { LIST_SHAPE } from "../address-shapes.ts";

/** Paths on the traffic port, each served to GET and HEAD; none when it is `off`. */
export interface HealthPaths {
  /** 200 while the process runs. */
  readonly live: readonly string[];
  /** 200 while the sidecar is ready, else 503. */
  readonly ready: readonly string[];
}

const PATH = /^\/[^\s?#%]*$/;
/** The last segment of a path that asks for liveness; every other path asks for readiness. */
const LIVE = /\/(?:healthz|livez)$/;

/** Paths, or `off`. */
export const HEALTH_PATH_SHAPE = LIST_SHAPE.refine(
  (paths) => isOff(paths) || (paths.length > 0 && paths.every((path) => PATH.test(path))),
  "must be off, or paths that start with / and have no query, escape or fragment",
)
  .transform((paths): HealthPaths =>
    isOff(paths)
      ? { live: [], ready: [] }
      : {
          live: paths.filter((path) => LIVE.test(path)),
          ready: paths.filter((path) => !LIVE.test(path)),
        },
  )
  .prefault(["/healthz", "/readyz"]);

function isOff(paths: readonly string[]): boolean {
  return paths.length === 1 && paths[0] === "off";
}

/** The paths without that of the MCP endpoint, which is served as the endpoint. */
export function healthPathsBeside(endpoint: string, { live, ready }: HealthPaths): HealthPaths {
  const isOther = (path: string): boolean => path !== endpoint;
  return { live: live.filter(isOther), ready: ready.filter(isOther) };
}
