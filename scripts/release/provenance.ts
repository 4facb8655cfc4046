/** The provenance statement of a release: which sources and which builder made each artefact. */

import type { Artefact } from "./digests.ts";

export interface Build {
  readonly version: string;
  readonly commit: string;
  /** The address of the repository; absent when it has none. */
  readonly repository?: string;
  readonly branch: string;
  readonly platforms: readonly string[];
  /** Version of Node that ran the build. */
  readonly node: string;
  /** Digest of package-lock.json, which has the digest of every package. */
  readonly lockSha256: string;
  readonly startedOn: Date;
  readonly finishedOn: Date;
}

/** An in-toto statement with SLSA's provenance: https://in-toto.io/Statement/v1, https://slsa.dev/spec/v1.1/provenance */
export function provenanceStatement(artefacts: readonly Artefact[], build: Build): object {
  const source = { digest: { gitCommit: build.commit } };
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: artefacts.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:mcp-tollgate:release:v1",
        externalParameters: {
          version: build.version,
          ref: `refs/heads/${build.branch}`,
          platforms: build.platforms,
        },
        internalParameters: { node: build.node },
        resolvedDependencies: [
          build.repository === undefined ? source : { uri: `git+${build.repository}`, ...source },
          { name: "package-lock.json", digest: { sha256: build.lockSha256 } },
        ],
      },
      runDetails: {
        builder: { id: "urn:mcp-tollgate:builder:local" },
        metadata: {
          startedOn: build.startedOn.toISOString(),
          finishedOn: build.finishedOn.toISOString(),
        },
      },
    },
  };
}

/** The address of a repository without name and password. */
export function withoutCredentials(address: string): string {
  return address.replace(/^(\w+:\/\/)[^/@]*@/, "$1");
}
