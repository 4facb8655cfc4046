/** The answer to one AdmissionReview: the pod with the sidecar as a patch, or why it may not start. It changes nothing itself, so a dry run is safe. */

import * as z from "zod";
import { PREFIX } from "../commands/inject/choices.ts";
import { injectObject } from "../commands/inject/manifests.ts";
import type { SidecarChoices } from "../commands/inject/sidecar-spec.ts";
import { checkShape, type ShapeProblem } from "../config/check-shape.ts";
import { diffJson } from "./json-patch.ts";

const TEXTS = z.record(z.string(), z.string()).nullish();
const CONTAINERS = z
  .array(
    z.looseObject({
      name: z.string().default(""),
      command: z.array(z.string()).nullish(),
      ports: z.array(z.looseObject({ hostPort: z.number().nullish() })).nullish(),
    }),
  )
  .nullish();
const POD = z.looseObject({
  metadata: z.looseObject({
    name: z.string().optional(),
    generateName: z.string().optional(),
    namespace: z.string().optional(),
    labels: TEXTS,
    annotations: TEXTS,
  }),
  spec: z.looseObject({ containers: CONTAINERS, initContainers: CONTAINERS }),
});
type Pod = z.infer<typeof POD>;

const REQUEST = z.looseObject({
  uid: z.string().min(1),
  kind: z.looseObject({ group: z.string().default(""), kind: z.string() }),
  operation: z.string(),
  namespace: z.string().default(""),
  dryRun: z.boolean().default(false),
  object: z.unknown(),
});
const REVIEW = z.looseObject({
  apiVersion: z.literal("admission.k8s.io/v1", {
    error: ({ input }) => `must be admission.k8s.io/v1, got ${JSON.stringify(input)}`,
  }),
  kind: z.literal("AdmissionReview"),
  request: REQUEST,
});

export type ReviewResult = "injected" | "unchanged" | "refused";

export interface PodReview {
  readonly result: ReviewResult;
  /** The body of the response. */
  readonly response: object;
  readonly log: {
    readonly namespace: string;
    readonly pod: string;
    readonly dry_run: boolean;
    readonly problems?: readonly string[];
  };
}

export interface ReviewOptions {
  /** The choices of every sidecar; annotations of the pod go before them. */
  readonly choices: SidecarChoices;
  /** Names of choices that annotations of pods may not make. */
  readonly fixed: readonly string[];
}

/** @throws ReviewError when the request is no AdmissionReview of a version that is known */
export function reviewPod(body: unknown, options: ReviewOptions): PodReview {
  const review = checkShape(REVIEW, body);
  if (!review.ok) throw new ReviewError(firstProblem(review.problems));
  const { request } = review.value;
  const { uid, namespace, dryRun, kind, operation } = request;
  const isPod = kind.group === "" && kind.kind === "Pod" && operation === "CREATE";
  const outcome = isPod ? injectPod(request.object, namespace, options) : UNCHANGED;
  const { result, pod = "", answer, problems } = outcome;
  return {
    result,
    response: { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid, ...answer } },
    log: { namespace, pod, dry_run: dryRun, ...(problems && { problems }) },
  };
}

/** The request cannot be answered at all. */
export class ReviewError extends Error {
  override readonly name = "ReviewError";
}

interface Outcome {
  readonly result: ReviewResult;
  readonly answer: object;
  readonly pod?: string;
  readonly problems?: readonly string[];
}

const UNCHANGED: Outcome = { result: "unchanged", answer: { allowed: true } };

function injectPod(object: unknown, namespace: string, { choices, fixed }: ReviewOptions): Outcome {
  const checked = checkShape(POD, object);
  if (!checked.ok) return refuse("", [`the pod cannot be read: ${firstProblem(checked.problems)}`]);
  const pod = checked.value;
  const name = pod.metadata.name ?? pod.metadata.generateName ?? "";
  if (hasTollgate(pod)) return { ...UNCHANGED, pod: name };
  const taken = fixed.filter((each) => Object.hasOwn(pod.metadata.annotations ?? {}, PREFIX + each));
  if (taken.length > 0)
    return refuse(
      name,
      taken.map((each) => `annotation ${PREFIX}${each}: is decided for the whole cluster; remove it`),
    );
  const metadata = { ...pod.metadata, namespace: namespace || pod.metadata.namespace };
  const whole = { ...(object as object), apiVersion: "v1", kind: "Pod", metadata };
  const injected = injectObject(whole, choices);
  if (injected.problems.length > 0) return refuse(name, injected.problems);
  if (injected.object === undefined) return { ...UNCHANGED, pod: name };
  const patch = diffJson(whole, injected.object);
  return {
    result: "injected",
    pod: name,
    answer: {
      allowed: true,
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
      warnings: warningsOf(pod, injected.object as Pod),
    },
  };
}

/** As deploy/kubernetes/admission finds it: the sidecar, or the command that starts a stdio server. */
function hasTollgate({ metadata, spec }: Pod): boolean {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const isThere = containers.some(
    ({ name, command }) =>
      name === "tollgate" || command?.some((word) => /^(?:.*\/)?tollgate$/.test(word)) === true,
  );
  return isThere && metadata.labels?.["tollgate.dev/guarded"] === "true";
}

/** `code` is that of the API server's answer: the pod is at fault, and the same pod will be refused again. */
function refuse(pod: string, problems: readonly string[]): Outcome {
  const message = `tollgate: ${problems.join("; ")}`;
  return {
    result: "refused",
    pod,
    problems,
    answer: { allowed: false, status: { code: 422, reason: "Invalid", message } },
  };
}

/** Shown by kubectl to the caller that made the pod; each fits the 120 characters that are advised. */
function warningsOf(before: Pod, after: Pod): readonly string[] {
  const env = (after.spec.initContainers?.find(({ name }) => name === "tollgate")?.["env"] ??
    []) as readonly {
    readonly name: string;
    readonly value?: string;
  }[];
  const valueOf = (name: string): string | undefined => env.find((each) => each.name === name)?.value;
  const hasPolicy = valueOf("TOLLGATE_POLICY") !== undefined || valueOf("TOLLGATE_CONFIG") !== undefined;
  const open = (before.spec.containers ?? []).filter(({ ports }) =>
    ports?.some(({ hostPort }) => (hostPort ?? 0) > 0),
  );
  return [
    ...(hasPolicy
      ? []
      : [`tollgate: no policy, so every call is allowed: name one by ${PREFIX}policy-configmap`]),
    ...(hasPolicy && valueOf("TOLLGATE_MODE") === "shadow"
      ? [`tollgate: mode shadow decides and blocks nothing: set ${PREFIX}mode to enforce`]
      : []),
    ...open.map(({ name }) => `tollgate: container ${name} has a hostPort, which leads round Tollgate`),
  ];
}

function firstProblem([problem]: readonly ShapeProblem[]): string {
  return problem === undefined ? "" : `${problem.path.join(".") || "the body"}: ${problem.message}`;
}
