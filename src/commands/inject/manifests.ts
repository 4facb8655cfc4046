/** Finds the workloads and Services in manifests and puts the sidecar into them; every other document stays as it is written. */

import { Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import { mergeChoices, readAnnotations } from "./choices.ts";
import { injectPod, type PodTemplate, refusePod, serverContainer, serverPort, uninjectPod } from "./pod.ts";
import { type GuardedPods, hostsOf, leadBack, leadToSidecar, selects } from "./service.ts";
import type { SidecarChoices } from "./sidecar-spec.ts";
import { annotationsOf, leftOutBy, podOf, switchProblems, TEMPLATE_PATHS } from "./workload.ts";
import { writeDocument } from "./write-document.ts";
import { mapAt, mapsAt, textAt, textsOf } from "./yaml-edit.ts";

export interface InjectOutcome {
  /** The manifests; absent when there are problems. */
  readonly text?: string;
  /** Why the manifests cannot be changed. */
  readonly problems: readonly string[];
  /** The changes, for people. */
  readonly notes: readonly string[];
}

/** Puts the sidecar into every workload; one that is there already is written again. `choices` absent: takes it out. */
export function injectManifests(text: string, choices: SidecarChoices | undefined): InjectOutcome {
  const chunks = readChunks(text);
  const problems = chunks.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) return { problems, notes: [] };
  const { problems: refused, notes } = injectChunks(chunks, choices);
  if (refused.length > 0) return { problems: refused, notes };
  return {
    text: chunks.map((chunk) => (chunk.isChanged ? writeDocument(chunk) : chunk.source)).join(""),
    problems: [],
    notes,
  };
}

/** The same for one object, as the API server has it. */
export function injectObject(object: object, choices: SidecarChoices): ObjectOutcome {
  const chunk = {
    source: "",
    document: new Document(object, { aliasDuplicateObjects: false }),
    isChanged: false,
  };
  const { problems } = injectChunks([chunk], choices);
  return { ...(chunk.isChanged && { object: chunk.document.toJS() as object }), problems };
}

export interface ObjectOutcome {
  /** With the sidecar; absent when nothing was changed. */
  readonly object?: object;
  readonly problems: readonly string[];
}

function injectChunks(
  chunks: readonly Chunk[],
  choices: SidecarChoices | undefined,
): Omit<InjectOutcome, "text"> {
  const objects = chunks.flatMap((chunk) => objectsOf(chunk));
  const found = objects.map((object) => ({ object, pod: podOf(object.chunk.document, object.node) }));
  const refused = found.flatMap(({ object, pod }) => refuse(object, pod, choices));
  if (refused.length > 0) return { problems: refused, notes: [] };
  const pods = found.flatMap(({ object, pod }) => (pod === undefined ? [] : [{ object, pod }]));
  const services = objects.filter(({ node }) => textAt(node, "kind") === "Service");
  const notes = [
    ...services.flatMap((service) =>
      noteIf(
        leadBack(service.chunk.document, service.node),
        service,
        choices === undefined,
        "leads to the server again",
      ),
    ),
    ...pods.flatMap(({ object, pod }) =>
      noteIf(uninjectPod(pod), object, choices === undefined, "has no sidecar any more"),
    ),
    ...(choices === undefined
      ? []
      : pods.flatMap(({ object, pod }) => injectOne({ object, pod }, services, choices))),
  ];
  return { problems: [], notes };
}

/** One document of the input. */
interface Chunk {
  readonly source: string;
  readonly document: Document;
  readonly problem?: string;
  isChanged: boolean;
}

interface KubernetesNode {
  readonly chunk: Chunk;
  readonly node: YAMLMap;
}

/** A line that begins with `---` begins a document, wherever it stands (YAML 1.2, section 9.1.2). */
function readChunks(text: string): readonly Chunk[] {
  let line = 1;
  return text.split(/^(?=---(?:\s|$))/m).map((source) => {
    const document = parseDocument(source);
    const [error] = document.errors;
    const at = line + (error?.linePos?.[0].line ?? 1) - 1;
    line += source.split("\n").length - 1;
    const chunk = { source, document, isChanged: false };
    return error === undefined
      ? chunk
      : { ...chunk, problem: `line ${at}: is not valid YAML (${error.code})` };
  });
}

function objectsOf(chunk: Chunk): readonly KubernetesNode[] {
  const unfold = (node: YAMLMap): readonly YAMLMap[] =>
    textAt(node, "kind").endsWith("List") && isSeq(node.get("items", true))
      ? mapsAt(node, "items").flatMap(unfold)
      : [node];
  const { contents } = chunk.document;
  return isMap(contents) ? unfold(contents).map((node) => ({ chunk, node })) : [];
}

function refuse(
  object: KubernetesNode,
  pod: PodTemplate | undefined,
  choices: SidecarChoices | undefined,
): readonly string[] {
  const named = (problem: string): string => `${nameOf(object)}: ${problem}`;
  const kind = textAt(object.node, "kind");
  if (pod === undefined && kind in TEMPLATE_PATHS)
    return [named("has no pod template that can be read; YAML aliases are not followed")];
  if (pod !== undefined && choices !== undefined) return refuseWorkload(pod, choices).map(named);
  const template = mapAt(mapAt(object.node, "spec") ?? object.node, "template");
  const hasPods =
    template !== undefined && mapsAt(mapAt(template, "spec") ?? template, "containers").length > 0;
  return pod === undefined && hasPods
    ? [named(`is of a kind that inject does not know; it knows ${Object.keys(TEMPLATE_PATHS).join(", ")}`)]
    : [];
}

function refuseWorkload(pod: PodTemplate, choices: SidecarChoices): readonly string[] {
  const switched = switchProblems(pod);
  if (switched.length > 0 || leftOutBy(pod) !== undefined) return switched;
  const own = readAnnotations(annotationsOf(pod));
  if (own.problems.length > 0) return own.problems;
  const because = refusePod(pod, mergeChoices(choices, own.choices));
  return because === undefined ? [] : [because];
}

function injectOne(
  { object, pod }: { readonly object: KubernetesNode; readonly pod: PodTemplate },
  services: readonly KubernetesNode[],
  given: SidecarChoices,
): readonly string[] {
  const leftOut = leftOutBy(pod);
  if (leftOut !== undefined) return [`${nameOf(object)}: left out, as ${leftOut} says`];
  const choices = mergeChoices(given, readAnnotations(annotationsOf(pod)).choices);
  const guarded = guardedPods(pod, choices);
  const own = services.filter(({ node }) => selects(node, guarded));
  const hosts = own.length > 0 ? own.flatMap(({ node }) => hostsOf(node)) : hostsOf(object.node, pod.name);
  injectPod(pod, { ...choices, allowedHosts: [...new Set([...hosts, ...choices.allowedHosts])] });
  object.chunk.isChanged = true;
  const led = own.flatMap((service) =>
    noteIf(
      leadToSidecar(service.chunk.document, service.node, guarded),
      service,
      true,
      "leads to the sidecar",
    ),
  );
  const missing =
    led.length === 0 ? "; no Service in the input leads to it: let yours lead to port 8080" : "";
  return [`${nameOf(object)}: has the sidecar${missing}`, ...led];
}

function guardedPods({ template, spec }: PodTemplate, choices: SidecarChoices): GuardedPods {
  const labels = textsOf(mapAt(mapAt(template, "metadata") ?? template, "labels"));
  const server = serverContainer(spec, choices);
  const named = server === undefined ? [] : mapsAt(server, "ports").map((port) => textAt(port, "name"));
  const number = server === undefined ? undefined : serverPort(server, choices);
  return { labels, ports: [String(number), ...named].filter(Boolean) };
}

/** Marks the document of a change, and says so where it is what was asked for. */
function noteIf(
  isChanged: boolean,
  object: KubernetesNode,
  isTold: boolean,
  told: string,
): readonly string[] {
  if (!isChanged) return [];
  object.chunk.isChanged = true;
  return isTold ? [`${nameOf(object)}: ${told}`] : [];
}

function nameOf({ node }: KubernetesNode): string {
  const metadata = mapAt(node, "metadata");
  return `${textAt(node, "kind")} ${textAt(metadata, "name") || textAt(metadata, "generateName") || "without a name"}`;
}
