/** Bundles the program and its packages into the few files of `dist/`: a start then reads 15 files instead of 700. */

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { listPackages, renderNotices } from "./package/notices.ts";
import { GRPC_INSIDE, HTTP_WITHOUT_FETCH, JSONC_AS_MODULE, WITHOUT_ADDONS } from "./package/plugins.ts";

const ROOT = join(import.meta.dirname, "..");

/** Replaces `outdir` by the files that the package ships. Only `main.js` has a fixed name; lazy imports stay lazy. @throws when a source reads a file that is not in the bundle */
export async function bundleDist(outdir = join(ROOT, "dist")): Promise<void> {
  checkPlaces();
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: "scripts/package/launch.ts" },
    outdir,
    chunkNames: CHUNKS,
    bundle: true,
    define: WITHOUT_ADDONS,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.19",
    // Not minified: people read stack traces, and V8 compiles only the code that runs.
    minify: false,
    legalComments: "inline",
    banner: { js: COMMONJS },
    plugins: [HTTP_WITHOUT_FETCH, GRPC_INSIDE, JSONC_AS_MODULE],
    metafile: true,
    logLevel: "warning",
  });
  writeFileSync(join(outdir, "THIRD-PARTY.txt"), renderNotices(ROOT, listPackages(metafile)));
}

/** As deep in the package as `src/FOLDER/`, so `../../policies` is the same path from both. */
const CHUNKS = "chunks/[name]-[hash]";

/** Variables that CommonJS packages expect in their module. */
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
