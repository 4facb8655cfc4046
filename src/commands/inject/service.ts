/** Leads a Service to the sidecar of the pods that it selects, and back to the server. */

import type { Document, YAMLMap } from "yaml";
import { MCP_PORT } from "./sidecar-spec.ts";
import { ensureMap, mapAt, mapsAt, removeKeys, textAt, textsOf } from "./yaml-edit.ts";

/** The target port that the Service had before; `number:` or `name:` before it. */
const BEFORE = "tollgate.dev/target-port";

/** Pods of the input that got a sidecar. */
export interface GuardedPods {
  readonly labels: ReadonlyMap<string, string>;
  /** The server's port, and its name where it has one. */
  readonly ports: readonly string[];
}

/** Whether the Service selects these pods. A Service without a selector selects none. */
export function selects(service: YAMLMap, { labels }: GuardedPods): boolean {
  const selector = textsOf(mapAt(mapAt(service, "spec") ?? service, "selector"));
  return selector.size > 0 && [...selector].every(([name, value]) => labels.get(name) === value);
}

/** The names by which agents may call the Service; for a workload those of a Service of its name, `name`. */
export function hostsOf(
  object: YAMLMap,
  name = textAt(mapAt(object, "metadata"), "name"),
): readonly string[] {
  const namespace = textAt(mapAt(object, "metadata"), "namespace");
  if (name === "") return [];
  if (namespace === "") return [name];
  const within = `${name}.${namespace}`;
  return [name, within, `${within}.svc`, `${within}.svc.cluster.local`];
}

/** Leads the ports that led to the server to Tollgate; returns whether one did. */
export function leadToSidecar(document: Document, service: YAMLMap, { ports }: GuardedPods): boolean {
  const spec = mapAt(service, "spec");
  const port = spec && mapsAt(spec, "ports").find((each) => ports.includes(targetOf(each)));
  if (port === undefined) return false;
  const before = port.get("targetPort");
  const kept =
    before === undefined ? "none" : `${typeof before === "number" ? "number" : "name"}:${String(before)}`;
  const metadata = ensureMap(document, service, "metadata");
  ensureMap(document, metadata, "annotations").set(BEFORE, document.createNode(kept));
  port.set("targetPort", document.createNode(MCP_PORT));
  return true;
}

/** Without a target port, a Service leads to the port of the same number. */
function targetOf(port: YAMLMap): string {
  return textAt(port, "targetPort") || textAt(port, "port");
}

/** Gives the Service its target port back; returns whether inject had changed it. */
export function leadBack(document: Document, service: YAMLMap): boolean {
  const [metadata, spec] = [mapAt(service, "metadata"), mapAt(service, "spec")];
  const before = textsOf(metadata && mapAt(metadata, "annotations")).get(BEFORE);
  if (metadata === undefined || spec === undefined || before === undefined) return false;
  const port = mapsAt(spec, "ports").find((each) => textAt(each, "targetPort") === String(MCP_PORT));
  const [form, ...rest] = before.split(":");
  const value = rest.join(":");
  if (before === "none") port?.delete("targetPort");
  else port?.set("targetPort", document.createNode(form === "number" ? Number(value) : value));
  removeKeys(metadata, "annotations", [BEFORE]);
  return true;
}
