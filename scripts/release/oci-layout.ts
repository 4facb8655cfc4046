/**
 * Writes a chart as an OCI image layout, which tools such as oras and skopeo copy to a registry.
 * Source: OCI Image Format, "Image Layout"; the media types are those of Helm's OCI registries (HIP-0006).
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

const CHART = z.looseObject({ name: z.string(), version: z.string(), description: z.string() });

/** Writes the layout of the packaged chart into `folder`. `chartYaml` is the text of its Chart.yaml. */
export function writeOciLayout(folder: string, packagedChart: string, chartYaml: string): void {
  const chart = CHART.parse(parse(chartYaml));
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  const addBlob = (mediaType: string, content: Buffer | object) => blob(folder, mediaType, content);
  const layer = addBlob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", readFileSync(packagedChart));
  const config = addBlob("application/vnd.cncf.helm.config.v1+json", chart);
  const manifest = addBlob(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config,
    layers: [layer],
    annotations: {
      "org.opencontainers.image.title": chart.name,
      "org.opencontainers.image.version": chart.version,
      "org.opencontainers.image.description": chart.description,
    },
  });
  const annotations = { "org.opencontainers.image.ref.name": chart.version };
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ ...manifest, annotations }],
  };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Writes a blob by its digest. Returns its descriptor. */
function blob(folder: string, mediaType: string, content: Buffer | object) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(folder, "blobs/sha256", hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}
