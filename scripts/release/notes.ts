/** The text that a release is announced with. */

import type { Artefact } from "./digests.ts";

/** `changes` is the section of the changelog. */
export function releaseNotes(version: string, changes: string, artefacts: readonly Artefact[]): string {
  const rows = artefacts.map(({ name, bytes, sha256 }) => `| \`${name}\` | ${bytes} | \`${sha256}\` |`);
  return `# Tollgate ${version}

${changes}

## Install

- With Node 22.19 or later: \`npm install --global ./mcp-tollgate-${version}.tgz\`
- Without Node, on Linux: unpack \`tollgate-${version}-linux-x64.tar.gz\` or \`tollgate-${version}-linux-arm64.tar.gz\`, and run \`tollgate install FOLDER\` from it.
  The executable for arm64 takes \`libatomic.so.1\` from the system (Debian: libatomic1).
- Kubernetes: \`helm install tollgate ./tollgate-${version}.tgz\`
- An image: unpack \`tollgate-${version}-image.tar.gz\` and run \`docker build\` there.

Check the files with \`sha256sum --check SHA256SUMS\`.

## Files

| file | bytes | SHA-256 |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** The commands that publish a release; each needs an account, so a person runs them. */
export function publishingCommands(version: string, out: string): readonly string[] {
  return [
    "git push --follow-tags",
    `npm publish ${out}/mcp-tollgate-${version}.tgz`,
    `helm push ${out}/tollgate-${version}.tgz oci://REGISTRY/charts`,
    `helm push ${out}/tollgate-webhook-${version}.tgz oci://REGISTRY/charts`,
    `docker build --tag REGISTRY/tollgate:${version} - < ${out}/tollgate-${version}-image.tar.gz && docker push REGISTRY/tollgate:${version}`,
  ];
}
