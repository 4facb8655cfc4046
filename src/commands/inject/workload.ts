/** The pod template in an object of Kubernetes, and whether it wants a sidecar. */

import type { Document, YAMLMap } from "yaml";
import { INJECT } from "./choices.ts";
import { GUARDED, isInjected, type PodTemplate } from "./pod.ts";
import { mapAt, mapsAt, textAt, textsOf } from "./yaml-edit.ts";

/** Where each kind has its pod template. */
export const TEMPLATE_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** Undefined for an object of another kind, and for one whose template cannot be read. */
export function podOf(document: Document, node: YAMLMap): PodTemplate | undefined {
  const kind = textAt(node, "kind");
  const path = TEMPLATE_PATHS[kind];
  if (path === undefined) return undefined;
  let template: YAMLMap | undefined = node;
  for (const key of path) template = template && mapAt(template, key);
  const spec = template && mapAt(template, "spec");
  if (template === undefined || spec === undefined) return undefined;
  const own = textAt(mapAt(node, "metadata"), "name");
  return { document, template, spec, name: (kind === "Pod" && ownerName(node)) || own || "server" };
}

/** The name of the workload that a pod belongs to; empty when it belongs to none. */
function ownerName(pod: YAMLMap): string {
  const metadata = mapAt(pod, "metadata");
  if (metadata === undefined) return "";
  const owner = mapsAt(metadata, "ownerReferences").find((each) => each.get("controller") === true);
  const name = textAt(owner, "name");
  const hash = textsOf(mapAt(metadata, "labels")).get("pod-template-hash");
  // A ReplicaSet of a Deployment ends in the hash of its template, a Job of a CronJob in the minute of its start.
  if (textAt(owner, "kind") === "ReplicaSet" && hash !== undefined && name.endsWith(`-${hash}`))
    return name.slice(0, -hash.length - 1);
  return textAt(owner, "kind") === "Job" ? name.replace(/-\d{8,}$/, "") : name;
}

export function annotationsOf({ template }: PodTemplate): ReadonlyMap<string, string> {
  return textsOf(mapAt(mapAt(template, "metadata") ?? template, "annotations"));
}

function labelsOf({ template }: PodTemplate): ReadonlyMap<string, string> {
  return textsOf(mapAt(mapAt(template, "metadata") ?? template, "labels"));
}

/** A misspelled switch must not decide whether a server is guarded. */
export function switchProblems(pod: PodTemplate): readonly string[] {
  const values = [
    ["annotation", annotationsOf(pod).get(INJECT)],
    ["label", labelsOf(pod).get(INJECT)],
  ] as const;
  return values.flatMap(([where, value]) =>
    value === undefined || value === "enabled" || value === "disabled"
      ? []
      : [`${where} ${INJECT}: must be enabled or disabled, got ${value}`],
  );
}

/** The annotation or label by which a pod is left out; undefined when it is not. One that has a sidecar is not. */
export function leftOutBy(pod: PodTemplate): string | undefined {
  if (isInjected(pod.template)) return undefined;
  const labels = labelsOf(pod);
  if (annotationsOf(pod).get(INJECT) === "disabled") return `its annotation ${INJECT}: disabled`;
  if (labels.get(INJECT) === "disabled") return `its label ${INJECT}: disabled`;
  return labels.get(GUARDED) === "false" ? `its label ${GUARDED}: "false"` : undefined;
}
