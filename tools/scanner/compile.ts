/** Compiles the check of JSON texts from AssemblyScript to WebAssembly, by a compiler that is installed here when it is missing. */

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const SOURCE = join(ROOT, "src/json/lazy/check-json.as");
const COMPILER = join(import.meta.dirname, "node_modules/assemblyscript/bin/asc.js");
export const MODULE_FILE = join(ROOT, "src/json/lazy/check-json-module.ts");
/** Without a runtime, as the source needs no heap. */
const OPTIONS = ["-O3", "--runtime", "stub", "--enable", "simd", "--noAssert"];

/** The bytes of the module. @throws with the compiler's messages */
export function compileScanner(): Uint8Array {
  if (!existsSync(COMPILER)) execFileSync("npm", ["ci"], { cwd: import.meta.dirname, stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "scanner-"));
  try {
    // The compiler takes no other ending.
    const [source, module] = ["check-json.ts", "module.wasm"].map((name) => join(folder, name));
    copyFileSync(SOURCE, String(source));
    execFileSync(process.execPath, [COMPILER, "check-json.ts", "--outFile", "module.wasm", ...OPTIONS], {
      cwd: folder,
    });
    return readFileSync(String(module));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The source file that holds the module. */
export function moduleText(module: Uint8Array): string {
  const base64 = Buffer.from(module).toString("base64");
  return `/** The WebAssembly of check-json.as in base64; written by \`npm run scanner\`. */

export const CHECK_JSON_MODULE =
  "${base64}";
`;
}
