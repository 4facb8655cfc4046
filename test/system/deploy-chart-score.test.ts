/** kube-score over the chart's golden values. Each check that the chart does not follow is named here with its reason, and is still needed. */

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { GOLDEN, readGolden } from "./deploy/golden.ts";
import { kubeScore } from "./deploy/tools.ts";

const DEVIATIONS: Readonly<Record<string, string>> = {
  "container-resources":
    "no limit on CPU: every call would feel it as latency; the server's resources are its owner's to set",
  "container-ephemeral-storage-request-and-limit":
    "file systems are read-only, and the emptyDir volumes have a sizeLimit",
  "container-image-pull-policy":
    "images are named by version or digest; Always would stop pods from starting while the registry is away",
  "pod-networkpolicy":
    "ways out are closed by networkPolicy.egress, once the server's own are known; the pod of helm test serves nothing",
  "deployment-replicas":
    "one replica is the default, since limits are counted in memory until a store is named",
  "deployment-has-host-podantiaffinity": "topologySpreadConstraints is the value for it",
};

const SCORE = z.array(
  z.object({
    object_name: z.string(),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
      }),
    ),
  }),
);
/** Of kube-score: 10 is all right, 7 almost, 5 a warning, 1 critical. */
const ALMOST_OK = 7;

/** The ids of the checks that fail. */
function failedChecks(name: string): string[] {
  const { stdout, error } = spawnSync(kubeScore(), ["score", "--output-format", "json", "-"], {
    encoding: "utf8",
    input: readGolden(name).replaceAll("VERSION", "1.0.0"),
  });
  if (error !== undefined) throw error;
  const failed = SCORE.parse(JSON.parse(stdout)).flatMap(({ checks }) =>
    checks.filter(({ grade, skipped }) => !skipped && grade < ALMOST_OK).map(({ check }) => check.id),
  );
  return [...new Set(failed)];
}

describe("the chart under kube-score", () => {
  it("follows every check, but for those that are named here with a reason", () => {
    const failed = new Set(GOLDEN.flatMap(failedChecks));
    expect([...failed].toSorted()).toEqual(Object.keys(DEVIATIONS).toSorted());
  }, 900_000);
});
