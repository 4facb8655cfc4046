/** Answers of `tollgate webhook` to AdmissionReviews. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { injectManifests } from "../../src/commands/inject/manifests.ts";
import type { SidecarChoices } from "../../src/commands/inject/sidecar-spec.ts";
import { reviewPod } from "../../src/webhook/review-pod.ts";
import { type AdmissionAnswer, admissionReview, answerIn, patchIn } from "../fixtures/admission.ts";
import { applyJsonPatch } from "../fixtures/apply-json-patch.ts";

const CHOICES: SidecarChoices = { path: "/mcp", mode: "shadow", allowedHosts: [] };
const SERVER = { name: "server", image: "s:1", ports: [{ containerPort: 3000 }] };
const OWNER = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name: "orders-5d4f8c9b7",
  uid: "u",
  controller: true,
};

interface PodParts {
  readonly metadata?: object;
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

function pod({ metadata = {}, spec = {}, annotations, labels }: PodParts = {}) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "orders-1",
      namespace: "shop",
      ...(annotations && { annotations }),
      ...(labels && { labels }),
      ...metadata,
    },
    spec: { containers: [SERVER], ...spec },
  };
}

function answer(
  object: object,
  choices: Partial<SidecarChoices> = {},
  fixed: readonly string[] = [],
): AdmissionAnswer {
  const review = reviewPod(admissionReview(object), { choices: { ...CHOICES, ...choices }, fixed });
  return answerIn(review.response);
}

/** The pod as the API server makes it of the answer. */
function admitted(object: object, choices: Partial<SidecarChoices> = {}) {
  const given = answer(object, choices);
  expect(given).toMatchObject({ allowed: true });
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads any pod
  return applyJsonPatch(object, patchIn(given)) as any;
}

function variables(object: {
  readonly spec: { readonly initContainers: { name: string; env: { name: string; value: string }[] }[] };
}) {
  const sidecar = object.spec.initContainers.find(({ name }) => name === "tollgate");
  return Object.fromEntries((sidecar?.env ?? []).map(({ name, value }) => [name, value]));
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const texts = fc.dictionary(
  fc.oneof(word, fc.constantFrom("a/b", "a~b", "__proto__", "a b: c", "- x", "#")),
  fc.string(),
  {
    maxKeys: 3,
  },
);
const annotations = fc.record(
  {
    "tollgate.dev/mode": fc.constantFrom("shadow", "enforce"),
    "tollgate.dev/port": fc.integer({ min: 1, max: 8_000 }).map(String),
    "tollgate.dev/path": fc.constantFrom("/mcp", "/a/b"),
    "tollgate.dev/policy-configmap": word,
    "tollgate.dev/settings-configmap": word,
    "tollgate.dev/image": fc.constantFrom("tollgate:2", "r.example.com:5000/t@sha256:aa"),
    "tollgate.dev/agent": word,
    "tollgate.dev/allowed-host": fc.constantFrom("a.example.com", "a,b"),
    "tollgate.dev/allow-exposed": fc.constantFrom("true", "false"),
    "tollgate.dev/any-user": fc.constantFrom("true", "false"),
    "tollgate.dev/inject": fc.constantFrom("enabled", "disabled"),
  },
  { requiredKeys: [] },
);
const container = fc.record(
  {
    name: word,
    image: word,
    ports: fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 8_000 }) }), { maxLength: 2 }),
    lifecycle: fc.constant({ preStop: { exec: { command: ["true"] } } }),
    env: fc.array(fc.record({ name: word, value: fc.string() }), { maxLength: 2 }),
  },
  { requiredKeys: ["name", "image"] },
);
const pods = fc.record({
  metadata: fc.record({
    labels: texts,
    own: annotations,
    more: texts,
    generateName: word,
    owner: fc.boolean(),
  }),
  spec: fc.record(
    {
      containers: fc.array(container, { minLength: 1, maxLength: 3 }),
      initContainers: fc.array(container, { maxLength: 2 }),
      volumes: fc.array(fc.record({ name: word, emptyDir: fc.constant({}) }), { maxLength: 2 }),
      hostNetwork: fc.boolean(),
      note: fc.jsonValue({ maxDepth: 3 }),
    },
    { requiredKeys: ["containers"] },
  ),
});

describe("the webhook and tollgate inject", () => {
  it("make the same of every pod, and refuse the same pods in the same words", () => {
    fc.assert(
      fc.property(pods, ({ metadata: { labels, own, more, generateName, owner }, spec }) => {
        const written = pod({
          metadata: {
            generateName,
            labels,
            annotations: { ...more, ...own },
            ...(owner && { ownerReferences: [OWNER] }),
          },
          spec,
        });
        // JSON has no negative zero.
        const object = JSON.parse(JSON.stringify(written));
        const injected = injectManifests(JSON.stringify(object), CHOICES);
        const given = answer(object);
        expect(given.allowed).toBe(injected.text !== undefined);
        if (injected.text === undefined)
          expect(given.status?.message).toBe(`tollgate: ${injected.problems.join("; ")}`);
        else expect(applyJsonPatch(object, patchIn(given))).toEqual(parse(injected.text));
      }),
      { numRuns: 50 },
    );
  });
});

describe("an injected pod", () => {
  it("has the sidecar of its annotations, under the name of its Deployment and the names of its Service", () => {
    const object = pod({
      metadata: { generateName: "orders-5d4f8c9b7-", name: undefined, ownerReferences: [OWNER] },
      labels: { app: "orders", "pod-template-hash": "5d4f8c9b7" },
      annotations: {
        "tollgate.dev/mode": "enforce",
        "tollgate.dev/policy-configmap": "orders-policy",
        "tollgate.dev/port": "4000",
        "tollgate.dev/agent": "shop-agent",
        "tollgate.dev/allowed-host": "mcp.example.com",
        "tollgate.dev/image": "registry.example.com/tollgate:9",
      },
    });
    const made = admitted(object, { image: "tollgate:1", policyConfigMap: "of-all" });
    expect(variables(made)).toMatchObject({
      TOLLGATE_MODE: "enforce",
      TOLLGATE_POLICY: "/etc/tollgate/policy/policy.json",
      TOLLGATE_UPSTREAM: "http://127.0.0.1:4000/mcp",
      TOLLGATE_SERVER: "orders",
      TOLLGATE_AGENT: "shop-agent",
      TOLLGATE_REQUIRE_ISOLATION: "true",
      TOLLGATE_ALLOWED_HOST:
        "orders,orders.shop,orders.shop.svc,orders.shop.svc.cluster.local,mcp.example.com",
    });
    expect(made.spec.initContainers[0].image).toBe("registry.example.com/tollgate:9");
    expect(made.spec.volumes).toContainEqual({
      name: "tollgate-policy",
      configMap: { name: "orders-policy" },
    });
  });

  it("stays as it is at a second call, whatever another webhook put before its sidecar", () => {
    const once = admitted(pod());
    expect(patchIn(answer(once))).toEqual([]);
    once.spec.initContainers.unshift({ name: "mesh", image: "mesh:1", restartPolicy: "Always" });
    expect(answer(once, { mode: "enforce" })).toEqual({ uid: expect.any(String), allowed: true });
  });

  it.each([
    ["a chart's sidecar", { initContainers: [{ name: "tollgate", image: "t" }] }],
    [
      "the command of a stdio server",
      { containers: [{ name: "server", image: "s", command: ["/tollgate/tollgate", "run"] }] },
    ],
  ])("is none when the pod has %s", (_name, spec) => {
    expect(patchIn(answer(pod({ spec, labels: { "tollgate.dev/guarded": "true" } })))).toEqual([]);
  });

  it("is one all the same when the pod only says that it is guarded", () => {
    expect(patchIn(answer(pod({ labels: { "tollgate.dev/guarded": "true" } })))).not.toEqual([]);
  });

  it.each([
    ["annotation", { annotations: { "tollgate.dev/inject": "disabled" } }],
    ["label", { labels: { "tollgate.dev/inject": "disabled" } }],
    ["label of pods that serve no MCP", { labels: { "tollgate.dev/guarded": "false" } }],
  ])("is none when the pod opts out by its %s", (_name, parts) => {
    expect(answer(pod(parts))).toEqual({ uid: expect.any(String), allowed: true });
  });
});

describe("a pod that cannot be guarded as it asks", () => {
  it.each([
    [
      { "tollgate.dev/mode": "enforced" },
      "annotation tollgate.dev/mode: must be shadow or enforce, got enforced",
    ],
    [{ "tollgate.dev/port": "99999" }, "annotation tollgate.dev/port: must be a port, got 99999"],
    [{ "tollgate.dev/port": "3000.5" }, "annotation tollgate.dev/port: must be a port, got 3000.5"],
    [
      { "tollgate.dev/polcy-configmap": "p" },
      "annotation tollgate.dev/polcy-configmap: is not known, did you mean `policy-configmap`?",
    ],
    [{ "tollgate.dev/policy-configmap": "No_Name" }, "must be the name of an object"],
    [
      { "tollgate.dev/inject": "yes" },
      "annotation tollgate.dev/inject: must be enabled or disabled, got yes",
    ],
    [{ "tollgate.dev/container": "other" }, "has no container other"],
    [{ "tollgate.dev/agent": "anonymous" }, "annotation tollgate.dev/agent: the name is reserved"],
    [
      { "tollgate.dev/upstream": "ftp://a" },
      "annotation tollgate.dev/upstream: must be a URL of http or https",
    ],
    [{ "tollgate.dev/path": "mcp" }, "annotation tollgate.dev/path: must begin with /, got mcp"],
    [{ "tollgate.dev/image": "a b" }, "annotation tollgate.dev/image: must be an image, got a b"],
    [
      { "tollgate.dev/allow-exposed": "1" },
      "annotation tollgate.dev/allow-exposed: must be true or false, got 1",
    ],
    [{ "tollgate.dev/__proto__": "1" }, "annotation tollgate.dev/__proto__: is not known"],
  ])("is refused in words: %j", (given, words) => {
    const { allowed, status } = answer(pod({ annotations: given }));
    expect({ allowed, code: status?.code, message: status?.message }).toEqual({
      allowed: false,
      code: 422,
      message: expect.stringMatching(/^tollgate: Pod orders-1: /),
    });
    expect(status?.message).toContain(words);
  });

  it.each([
    ["without a port", pod({ spec: { containers: [{ name: "server", image: "s" }] } }), "names no port"],
    ["with the node's network", pod({ spec: { hostNetwork: true } }), "hostNetwork"],
    ["of Windows", pod({ spec: { os: { name: "windows" } } }), "Windows"],
    ["with a port of Tollgate", pod({ annotations: { "tollgate.dev/port": "8080" } }), "Tollgate's own"],
    [
      "with a container tollgate of its own",
      pod({ spec: { initContainers: [{ name: "tollgate", image: "x" }] } }),
      "did not write",
    ],
    ["without containers", pod({ spec: { containers: null } }), "has no container"],
  ])("is refused: one %s", (_name, object, words) => {
    const { allowed, status } = answer(object);
    expect({ allowed, message: status?.message }).toEqual({
      allowed: false,
      message: expect.stringContaining(words),
    });
  });

  it("is refused when it sets what is fixed for the whole cluster", () => {
    const object = pod({ annotations: { "tollgate.dev/mode": "shadow" } });
    expect(answer(object, { mode: "enforce" }, ["mode", "image"]).status?.message).toBe(
      "tollgate: annotation tollgate.dev/mode: is decided for the whole cluster; remove it",
    );
  });
});

describe("warnings", () => {
  it.each([
    [{}, "no policy, so every call is allowed"],
    [{ policyConfigMap: "p" }, "mode shadow decides and blocks nothing"],
  ])("say what is not denied: %j", (choices, words) => {
    expect(answer(pod(), choices).warnings).toEqual([expect.stringContaining(words)]);
  });

  it("are none for a policy that is enforced, and name a port of the node", () => {
    const strict = { policyConfigMap: "p", mode: "enforce" } as const;
    expect(answer(pod(), strict).warnings).toEqual([]);
    const open = { ...SERVER, ports: [{ containerPort: 3000, hostPort: 3000 }] };
    expect(answer(pod({ spec: { containers: [open] } }), strict).warnings).toEqual([
      "tollgate: container server has a hostPort, which leads round Tollgate",
    ]);
  });
});

describe("a review", () => {
  const options = { choices: CHOICES, fixed: [] };

  it.each([[{ operation: "UPDATE" }], [{ kind: { group: "apps", version: "v1", kind: "Deployment" } }]])(
    "of anything but a new pod changes nothing: %j",
    (request) => {
      const { result, response } = reviewPod(admissionReview(pod(), request), options);
      expect([result, answerIn(response).allowed, answerIn(response).patch]).toEqual([
        "unchanged",
        true,
        undefined,
      ]);
    },
  );

  it("of a pod that cannot be read refuses it", () => {
    const { result } = reviewPod(admissionReview({}, { object: { metadata: {} } }), options);
    expect(result).toBe("refused");
  });

  it("of a dry run is answered like any other", () => {
    const [dry, real] = [true, false].map((dryRun) => reviewPod(admissionReview(pod(), { dryRun }), options));
    expect(dry?.response).toEqual(real?.response);
    expect(dry?.log.dry_run).toBe(true);
  });

  it.each([
    [{}, "apiVersion"],
    [{ ...admissionReview(pod()), apiVersion: "admission.k8s.io/v1beta1" }, "must be admission.k8s.io/v1"],
    [{ ...admissionReview(pod()), request: {} }, "request.uid"],
    ["text", "the body"],
    [null, "the body"],
  ])("of another form is no review: %j", (body, words) => {
    expect(() => reviewPod(body, options)).toThrow(words);
  });
});
