/** Puts the sidecar into the template of one pod, and takes it out. */

import type { Document, YAMLMap } from "yaml";
import { INJECTED } from "./choices.ts";
import {
  ADMIN_PORT,
  CONTAINER,
  MCP_PORT,
  sidecarContainer,
  type SidecarChoices,
  sidecarVolumes,
} from "./sidecar-spec.ts";
import {
  ensureList,
  ensureMap,
  mapAt,
  mapsAt,
  removeFrom,
  removeKeys,
  textAt,
  textsOf,
} from "./yaml-edit.ts";

/** A label: `true` on pods with Tollgate, `false` on pods that serve no MCP. */
export const GUARDED = "tollgate.dev/guarded";
const PRE_STOP_SECONDS = 10;

export interface PodTemplate {
  readonly document: Document;
  /** The map that has `metadata` and `spec`. */
  readonly template: YAMLMap;
  readonly spec: YAMLMap;
  /** The name of the workload. */
  readonly name: string;
}

/** Why the sidecar cannot be put into this pod; undefined when it can. */
export function refusePod({ template, spec }: PodTemplate, choices: SidecarChoices): string | undefined {
  if (spec.get("hostNetwork") === true)
    return "has hostNetwork, so 127.0.0.1 is the node's and every pod of the node reaches the server";
  if (textAt(mapAt(spec, "os"), "name") === "windows") return "runs on Windows, for which there is no image";
  const server = serverContainer(spec, choices);
  if (server === undefined)
    return choices.container === undefined
      ? "has no container"
      : `has no container ${choices.container}; --container names the server's`;
  const containers = [...mapsAt(spec, "initContainers"), ...mapsAt(spec, "containers")];
  if (!isInjected(template) && containers.some((each) => textAt(each, "name") === CONTAINER))
    return `has a container ${CONTAINER} that inject did not write; remove it first`;
  if (choices.upstream !== undefined) return undefined;
  const port = serverPort(server, choices);
  if (port === undefined) return `container ${textAt(server, "name")} names no port; say it with --port`;
  if (port === MCP_PORT || port === ADMIN_PORT)
    return `container ${textAt(server, "name")} listens on ${port}, which is Tollgate's own; let it listen on another, and say it with --port`;
  return undefined;
}

/** The port at which the server listens; undefined when nothing says it. */
export function serverPort(server: YAMLMap, { port }: SidecarChoices): number | undefined {
  const [first] = mapsAt(server, "ports");
  const named = port ?? Number(textAt(first, "containerPort"));
  return named > 0 ? named : undefined;
}

export function serverContainer(spec: YAMLMap, { container }: SidecarChoices): YAMLMap | undefined {
  return mapsAt(spec, "containers").find(
    (each) => container === undefined || textAt(each, "name") === container,
  );
}

export function isInjected(template: YAMLMap): boolean {
  return textsOf(mapAt(mapAt(template, "metadata") ?? template, "annotations")).has(INJECTED);
}

/** Writes the sidecar. The pod was not refused, and has no sidecar. */
export function injectPod({ document, template, spec, name }: PodTemplate, choices: SidecarChoices): void {
  const server = serverContainer(spec, choices);
  if (server === undefined) return;
  const upstream = choices.upstream ?? `http://127.0.0.1:${serverPort(server, choices)}${choices.path}`;
  const metadata = ensureMap(document, template, "metadata");
  ensureMap(document, metadata, "labels").set(GUARDED, document.createNode("true"));
  ensureList(document, spec, "initContainers").items.unshift(
    document.createNode(sidecarContainer(choices, upstream, name)),
  );
  const volumes = ensureList(document, spec, "volumes");
  for (const { volume } of sidecarVolumes(choices)) volumes.add(document.createNode(volume));
  const hook = server.has("lifecycle") ? "none" : textAt(server, "name");
  // The kubelet ends a native sidecar after the server: meanwhile calls under way end, and no new one comes.
  if (hook !== "none")
    server.set("lifecycle", document.createNode({ preStop: { sleep: { seconds: PRE_STOP_SECONDS } } }));
  ensureMap(document, metadata, "annotations").set(INJECTED, document.createNode(hook));
}

/** Takes out what inject wrote; returns whether there was anything. */
export function uninjectPod({ template, spec }: PodTemplate): boolean {
  if (!isInjected(template)) return false;
  const metadata = mapAt(template, "metadata") ?? template;
  const hook = textsOf(mapAt(metadata, "annotations")).get(INJECTED);
  removeFrom(spec, "initContainers", (each) => textAt(each, "name") === CONTAINER);
  removeFrom(spec, "volumes", (each) => textAt(each, "name").startsWith("tollgate-"));
  for (const container of mapsAt(spec, "containers"))
    if (textAt(container, "name") === hook) container.delete("lifecycle");
  removeKeys(metadata, "labels", [GUARDED]);
  removeKeys(metadata, "annotations", [INJECTED]);
  if (metadata.items.length === 0) template.delete("metadata");
  return true;
}
