/** Bundles the console, and the page of `tollgate up`, into dist/console: each a page and a script, with one style sheet, which load nothing from other origins. */

import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");
const TARGET = join(ROOT, "dist/console");

if (import.meta.main) await buildConsole();

/** Called by Vitest before the tests. */
export async function setup(): Promise<void> {
  await buildConsole();
}

/** Builds in about a tenth of a second; returns the folder. @throws the bundler's error */
export async function buildConsole(): Promise<string> {
  mkdirSync(TARGET, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: "console/main.tsx", out: "console" },
      { in: "console/up.tsx", out: "up" },
      { in: "console/console.css", out: "console" },
    ],
    outdir: TARGET,
    tsconfig: "console/tsconfig.json",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome111", "firefox113", "safari16.4"],
    legalComments: "eof",
    logLevel: "warning",
  });
  for (const page of ["index.html", "up.html"]) copyFileSync(join(ROOT, "console", page), join(TARGET, page));
  return TARGET;
}
