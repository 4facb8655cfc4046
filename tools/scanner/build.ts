/** Writes src/json/lazy/check-json-module.ts, the WebAssembly of src/json/lazy/check-json.as: `npm run scanner`. */

import { writeFileSync } from "node:fs";
import { compileScanner, MODULE_FILE, moduleText } from "./compile.ts";

writeFileSync(MODULE_FILE, moduleText(compileScanner()));
