#!/usr/bin/env node
/** `dist/main.js`: the program, with what V8 makes of it kept beside the package from one start to the next. */

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { tuneCollector } from "../../src/sidecar/gc-flags.ts";

// Before anything is compiled: what was compiled under other flags is not used again.
tuneCollector();
// Security: inside the package and not in the shared temporary folder: who can write here could change the program itself.
// Where nothing can be written, it is compiled anew each time.
enableCompileCache(fileURLToPath(new URL("../.cache/compiled", import.meta.url)));
await import("../../src/main.ts");
