/** Bundles the page with the Grafana packages it needs, as files in memory. */

import { readFile } from "node:fs/promises";
import { build, type Plugin } from "esbuild";

/** Contents by path, such as `/main.js`. */
export type Files = ReadonlyMap<string, Uint8Array>;

export async function bundlePage(): Promise<Files> {
  const { outputFiles } = await build({
    entryPoints: [new URL("page/main.tsx", import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    outdir: "/",
    entryNames: "main",
    loader: { ".woff2": "file", ".woff": "file", ".ttf": "file", ".svg": "text" },
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    plugins: [WITH_TABLE_DEFAULTS],
    logLevel: "error",
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** @grafana/scenes imports a name for its panel builders that @grafana/schema no longer exports; nothing here uses them. */
const WITH_TABLE_DEFAULTS: Plugin = {
  name: "with-table-defaults",
  setup: ({ onLoad }) => {
    onLoad(
      { filter: /schema[\\/]dist[\\/]esm[\\/].*[\\/]table[\\/]panelcfg[\\/].*\.mjs$/ },
      async ({ path }) => ({
        contents: `${await readFile(path, "utf8")}\nexport const defaultOptions = {};\n`,
      }),
    );
  },
};
