/** Writes the version of a release into every file that names it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The files that name the version of Tollgate; a test looks for others. */
export const VERSIONED_FILES: readonly string[] = [
  "package.json",
  "package-lock.json",
  "Dockerfile",
  "deploy/helm/tollgate-webhook/Chart.yaml",
  "deploy/helm/tollgate/Chart.yaml",
  "deploy/helm/tollgate/README.md",
  "deploy/kubernetes/README.md",
  "deploy/kubernetes/components/sidecar/sidecar.yaml",
  "deploy/kubernetes/http-server/kustomization.yaml",
  "deploy/kubernetes/stdio-server/README.md",
  "deploy/kubernetes/stdio-server/kustomization.yaml",
  "deploy/kubernetes/stdio-server/server.yaml",
  "deploy/kubernetes/webhook/kustomization.yaml",
  "deploy/kubernetes/webhook/webhook.yaml",
  "docs/install.md",
  "docs/openapi.yaml",
];

/** Lines in which a version is that of Tollgate, whatever else has the same number. */
const PACKAGE_LOCK_LINES = 10;

export function writeVersion(root: string, from: string, to: string): void {
  if (from === to) return;
  for (const file of VERSIONED_FILES) {
    const path = join(root, file);
    const lines = readFileSync(path, "utf8").split("\n");
    const own = file === "package-lock.json" ? PACKAGE_LOCK_LINES : lines.length;
    const changed = lines.map((line, index) => (index < own ? line.replaceAll(from, to) : line));
    writeFileSync(path, changed.join("\n"));
  }
}
