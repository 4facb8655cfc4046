/** Manifests that `tollgate inject` wrote fit the schemas of Kubernetes, for every kind that it knows. */

import { join } from "node:path";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { injectManifests } from "../../src/commands/inject/manifests.ts";
import { objectsIn, validatorFor } from "./deploy/objects.ts";
import { containerOf, HARDENED, podOf, securityOf } from "./deploy/pod.ts";
import { kubernetesSchemas, prometheusDefinitions } from "./deploy/tools.ts";

const SERVER = readFileSync(
  join(import.meta.dirname, "../../deploy/kubernetes/http-server/server.yaml"),
  "utf8",
);
const CHOICES = {
  path: "/mcp",
  port: 3000,
  mode: "enforce",
  policyConfigMap: "orders-policy",
  settingsConfigMap: "orders-settings",
  allowedHosts: ["orders.example.com"],
} as const;
const POD = `spec:
  restartPolicy: Never
  containers:
    - { name: server, image: "s:1" }`;
const JOB = `apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  template:
${POD.replaceAll(/^/gm, "    ")}
`;
const CRON_JOB = `apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
${POD.replaceAll(/^/gm, "        ")}
`;

beforeAll(() => {
  kubernetesSchemas();
  prometheusDefinitions();
}, 300_000);

function inject(text: string): string {
  const { text: written, problems } = injectManifests(text, CHOICES);
  expect(problems).toEqual([]);
  return written ?? "";
}

describe.each(["1.30.0", "1.33.0", "1.37.0"])("for Kubernetes %s", (version) => {
  it.each([
    ["a Deployment and its Service", SERVER],
    ["a Job", JOB],
    ["a CronJob", CRON_JOB],
    ["a Pod", `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\n${POD}\n`],
  ])("%s with the sidecar fits its schema, unknown fields being errors", (_name, text) => {
    expect(objectsIn(inject(text)).flatMap(validatorFor(version))).toEqual([]);
  });
});

describe("the sidecar that is written", () => {
  it("is as closed as that of the manifests", () => {
    const pod = podOf(objectsIn(inject(SERVER)));
    expect(securityOf(pod, containerOf(pod, "tollgate"))).toMatchObject(HARDENED);
  });
});
