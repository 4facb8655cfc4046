/** Tools that the suites of deploy/ need beside npm's packages, fetched once by their ordinary clients and kept under node_modules/.cache. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/deploy");
const HELM = "v3.22.0";
const KUBE_SCORE = "v1.20.0";
const KUSTOMIZE = "v5.8.1";
/** JSON schemas of Kubernetes, with and without unknown fields, by version. */
const SCHEMAS = "1.37.0";
const GATEWAY_API = "v1.4.1";
const PROMETHEUS_OPERATOR = "v0.85.0";
const CERT_MANAGER = "v1.21.2";

/** The path of Helm. */
export function helm(): string {
  return goProgram("helm", HELM, "helm.sh/helm/v3/cmd/helm");
}

/** The path of kube-score. */
export function kubeScore(): string {
  return goProgram("kube-score", KUBE_SCORE, "github.com/zegl/kube-score/cmd/kube-score");
}

/** The objects of a kustomization, as YAML. @throws when it cannot be built. */
export function kustomize(folder: string): string {
  const [program, ...args] = builder();
  return execFileSync(program, [...args, folder], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

/** kubectl where it is new enough, else Kustomize itself: Debian's kubernetes-client knows no components. */
function builder(): [string, ...string[]] {
  const { stdout } = spawnSync("kubectl", ["version", "--client"], { encoding: "utf8" });
  const [, major] = /Kustomize Version: v(\d+)\./.exec(stdout ?? "") ?? [];
  if (Number(major) >= 5) return ["kubectl", "kustomize"];
  return [goProgram("kustomize", KUSTOMIZE, "sigs.k8s.io/kustomize/kustomize/v5"), "build"];
}

/** The folder of the strict schemas, with one folder for each version of Kubernetes. */
export function kubernetesSchemas(): string {
  const folder = join(CACHE, `kubernetes-validate-${SCHEMAS}`);
  const schemas = join(folder, "kubernetes_validate/kubernetes-json-schema");
  if (existsSync(schemas)) return schemas;
  const venv = join(CACHE, "venv");
  run("python3", ["-m", "venv", venv], "python3-venv");
  const target = ["--quiet", "--no-deps", "--target", folder];
  run(
    join(venv, "bin/python"),
    ["-m", "pip", "install", ...target, `kubernetes-validate==${SCHEMAS}`],
    "python3-venv",
  );
  return schemas;
}

const MODULE = z.object({ Dir: z.string() });

/** The folder of the custom resource definitions of the Prometheus operator. */
export function prometheusDefinitions(): string {
  const folder = goModule(`github.com/prometheus-operator/prometheus-operator@${PROMETHEUS_OPERATOR}`);
  return join(folder, "example/prometheus-operator-crd");
}

/** The custom resource definition of HTTPRoutes, of the Gateway API's standard channel. */
export function gatewayDefinitions(): string {
  const folder = goModule(`sigs.k8s.io/gateway-api@${GATEWAY_API}`);
  return readFileSync(join(folder, "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"), "utf8");
}

/** The custom resource definitions of Certificates and Issuers. */
export function certManagerDefinitions(): string {
  const folder = goModule(`github.com/cert-manager/cert-manager@${CERT_MANAGER}`);
  const read = (name: string): string =>
    readFileSync(join(folder, `deploy/crds/cert-manager.io_${name}.yaml`), "utf8");
  return ["certificates", "issuers"].map(read).join("\n---\n");
}

/** The folder of a module's sources. */
function goModule(module: string): string {
  return MODULE.parse(JSON.parse(run("go", ["mod", "download", "-json", module], "golang-go"))).Dir;
}

function goProgram(name: string, version: string, path: string): string {
  const folder = join(CACHE, `${name}-${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  run("go", ["install", `${path}@${version}`], "golang-go", { GOBIN: folder, CGO_ENABLED: "0" });
  return program;
}

function run(program: string, args: readonly string[], debianPackage: string, variables = {}): string {
  // spawnSync reports a missing `cwd` as it reports a missing program.
  mkdirSync(CACHE, { recursive: true });
  const found = spawnSync(program, args, {
    cwd: CACHE,
    encoding: "utf8",
    env: { ...process.env, ...variables },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (found.error !== undefined)
    throw new Error(`${program} is missing: install it (Debian: ${debianPackage})`);
  if (found.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${found.stderr}`);
  return found.stdout;
}
