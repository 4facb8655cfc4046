/** Prints the components of the image and the executable as CycloneDX: `npm run --silent sbom`. */

import { execFileSync } from "node:child_process";
import * as z from "zod";

const COMPONENT = z.looseObject({
  "bom-ref": z.string(),
  name: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});
const BILL = z.looseObject({
  metadata: z.looseObject({ component: COMPONENT }),
  components: z.array(COMPONENT),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

// Without --omit=dev: npm then omits every package that a development dependency also needs, such as zod and express.
const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx"], {
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
const bill = BILL.parse(JSON.parse(text));
const shipped = bill.components.filter(
  ({ properties = [] }) => !properties.some(({ name }) => name === "cdx:npm:package:development"),
);
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
