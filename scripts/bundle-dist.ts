/** Bundles the program and its packages into the few files of `dist/`, so that a start reads 15 files instead of 700. */

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { listPackages, renderNotices } from "./package/notices.ts";
import { GRPC_INSIDE, HTTP_WITHOUT_FETCH } from "./package/plugins.ts";

const ROOT = join(import.meta.dirname, "..");

/** Replaces `outdir` by what the package ships. Only `main.js` has a name of its own; what is imported lazily stays lazy. @throws when a source looks for a file where the bundle has none. */
export async function bundleDist(outdir = join(ROOT, "dist")): Promise<void> {
  checkPlaces();
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: "scripts/package/start.ts" },
    outdir,
    chunkNames: CHUNKS,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.19",
    // Not minified: a stack trace is read by people, and V8 compiles only what runs.
    minify: false,
    legalComments: "inline",
    banner: { js: COMMONJS },
    plugins: [HTTP_WITHOUT_FETCH, GRPC_INSIDE],
    metafile: true,
    logLevel: "warning",
  });
  writeFileSync(join(outdir, "THIRD-PARTY.txt"), renderNotices(ROOT, listPackages(metafile)));
}

/** As deep below the package as `src/<folder>/`: `../../policies` is the same place from both. */
const CHUNKS = "chunks/[name]-[hash]";

/** What packages that are CommonJS expect to find in their module. */
const COMMONJS = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

function checkPlaces(): void {
  for (const file of globSync("src/**/*.ts", { cwd: ROOT })) {
    const places = readFileSync(join(ROOT, file), "utf8").match(/import\.meta\b.*/g) ?? [];
    const isDeep = /^src\/[^/]+\/[^/]+$/.test(file);
    const wrong = places.find((place) => !isDeep || !place.startsWith("import.meta.url)"));
    if (wrong !== undefined) throw new Error(`${file}: ${wrong}: leads elsewhere in dist/chunks`);
  }
}

if (import.meta.main) await bundleDist();
