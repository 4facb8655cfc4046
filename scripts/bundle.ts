/** Bundles the program and everything it imports, lazily too, into one ES module that needs no other file. */

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { listPackages } from "./package/notices.ts";
import { GRPC_INSIDE, HTTP_WITHOUT_FETCH, JSONC_AS_MODULE, WITHOUT_ADDONS } from "./package/plugins.ts";
import { buildConsole } from "./build-console.ts";

const ROOT = join(import.meta.dirname, "..");
const UNPACKED = join(import.meta.dirname, "executable/unpacked.ts");

export interface Bundled {
  /** Folders of the bundled packages, relative to the project root, such as `node_modules/zod`. */
  readonly packages: readonly string[];
}

/** Writes the module to `outfile`. @throws when a source reads a file in a way that cannot be embedded */
export async function bundleModule(outfile: string, entry = join(ROOT, "src/main.ts")): Promise<Bundled> {
  // Files that a source reads are embedded as strings.
  await buildConsole();
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    define: WITHOUT_ADDONS,
    platform: "node",
    format: "esm",
    target: "node26",
    minify: true,
    // Names of classes and functions appear in logs and spans.
    keepNames: true,
    legalComments: "none",
    // CommonJS packages load Node's modules by `require`.
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: "error",
    plugins: [EMBED_FILES, HTTP_WITHOUT_FETCH, GRPC_INSIDE, JSONC_AS_MODULE],
  });
  return { packages: listPackages(metafile) };
}

const REQUIRE = `import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(process.execPath);`;

const OWN_FILE = String.raw`new URL\("([^"]+)", import\.meta\.url\)`;
const READ = new RegExp(String.raw`readFileSync\(${OWN_FILE}, "utf8"\)`, "g");
const PATH = new RegExp(String.raw`fileURLToPath\(${OWN_FILE}\)`, "g");

/** Files of the project that a source reads, or names by path, are embedded as strings. */
const EMBED_FILES: Plugin = {
  name: "embed-files",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/, namespace: "file" }, ({ path }) => {
      if (path.includes("node_modules")) return undefined;
      return { contents: embedFiles(readFileSync(path, "utf8"), path), loader: "ts" };
    });
  },
};

/** Returns the source with its files embedded; `path` is the path of the source. @throws on any other use of `import.meta` */
export function embedFiles(source: string, path: string): string {
  const textOf = (file: string): string => JSON.stringify(readFileSync(join(dirname(path), file), "utf8"));
  const embedded = source
    .replaceAll(READ, (_whole, file: string) => textOf(file))
    .replaceAll(PATH, (_whole, file: string) => `unpacked(${JSON.stringify(file)}, ${textOf(file)})`);
  if (embedded.includes("import.meta"))
    throw new Error(
      `${relative(ROOT, path)}: import.meta leads nowhere in a bundle: use readFileSync(new URL("...", import.meta.url), "utf8")`,
    );
  const isUnpacking = embedded.includes("unpacked(");
  return isUnpacking ? `import { unpacked } from ${JSON.stringify(UNPACKED)};\n${embedded}` : embedded;
}

if (import.meta.main) {
  const outfile =
    process.argv[2] ?? fileURLToPath(new URL("../dist-executable/tollgate.mjs", import.meta.url));
  const { packages } = await bundleModule(outfile);
  process.stdout.write(`${outfile}: ${packages.length} packages\n`);
}
