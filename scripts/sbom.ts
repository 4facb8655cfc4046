/** Prints the components of the image and the executable as CycloneDX: `npm run --silent sbom`. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { bundleModule } from "./bundle.ts";

const COMPONENT = z.looseObject({
  "bom-ref": z.string(),
  name: z.string(),
  version: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});
const BILL = z.looseObject({
  metadata: z.looseObject({ component: COMPONENT }),
  components: z.array(COMPONENT),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

/** Name and version of each package in the bundle, as in `zod@4.6.7`. */
async function bundledPackages(): Promise<ReadonlySet<string>> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-sbom-"));
  try {
    const { packages } = await bundleModule(join(folder, "tollgate.mjs"));
    return new Set(
      packages.map((each) => referenceOf(join(import.meta.dirname, "..", each, "package.json"))),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function referenceOf(manifest: string): string {
  const { name, version } = z
    .object({ name: z.string(), version: z.string() })
    .parse(JSON.parse(readFileSync(manifest, "utf8")));
  return `${name}@${version}`;
}

// Every package is a development dependency for npm: those in the bundle are shipped.
// Peers of development tools may disagree; none of them is in the bundle.
const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--legacy-peer-deps"], {
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
const bill = BILL.parse(JSON.parse(text));
const bundled = await bundledPackages();
const shipped = bill.components
  .filter(({ name, version }) => bundled.has(`${name}@${version}`))
  .map(({ properties = [], ...component }) => ({
    ...component,
    properties: properties.filter(({ name }) => name !== "cdx:npm:package:development"),
  }));
const references = new Set([bill.metadata.component, ...shipped].map((component) => component["bom-ref"]));
// npm uses the folder's name as the project's name.
bill.metadata.component.name = "mcp-tollgate";
bill.components = shipped;
bill.dependencies = bill.dependencies
  .filter(({ ref }) => references.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => references.has(each)) }));
// Node is a development dependency for npm, and part of the executable.
const node = process.versions.node;
bill.components.push({
  "bom-ref": `node@${node}`,
  type: "platform",
  name: "node",
  version: node,
  purl: `pkg:generic/node@${node}`,
  licenses: [{ license: { id: "MIT" } }],
});
process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`);
