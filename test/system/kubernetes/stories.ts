/** Stories of deploy/ with components, and the roles that one of them binds to Tollgate's own account. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type KubernetesObject, objectsIn } from "../deploy/objects.ts";
import { kustomize } from "../deploy/tools.ts";
import { describeAnswer, type KubernetesApi } from "./api.ts";

const DEPLOY = join(import.meta.dirname, "../../../deploy/kubernetes");

/** The objects of a story with further components, in a namespace. */
export function storyWith(
  components: readonly string[],
  namespace: string,
  story = "http-server",
): KubernetesObject[] {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-story-"));
  const at = (path: string): string => relative(folder, join(DEPLOY, path));
  const listed = components.map((name) => at(`components/${name}`));
  const lines = { namespace, resources: [at(story)], components: listed };
  writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(lines));
  try {
    return objectsIn(kustomize(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Binds the roles of `components/api-server` to the account `default` of the namespace. */
export async function applyRoles(api: KubernetesApi, namespace: string): Promise<KubernetesObject[]> {
  const bindings = storyWith(["api-server"], namespace).filter(({ kind }) => kind === "ClusterRoleBinding");
  for (const binding of bindings) {
    const answer = await api.apply(binding, namespace);
    if (answer.status >= 300) throw new Error(describeAnswer(answer));
  }
  return bindings;
}
