/** The program of the package, with V8's compile cache kept beside it between starts. */

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { tuneCollector } from "../../src/sidecar/gc-flags.ts";

// Set before anything is compiled: code compiled under other flags is not reused.
tuneCollector();
// Security: inside the package, not in the shared temporary folder: a user with write access here could change the program itself.
// Where the folder is read-only, the code is compiled at each start.
enableCompileCache(fileURLToPath(new URL("../../.cache/compiled", import.meta.url)));
await import("../../src/main.ts");
