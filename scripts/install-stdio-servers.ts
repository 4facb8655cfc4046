/** Creates the Python environment of `npm run test:stdio` and prints its path. */

import { installPython } from "../test/system/stdio/python.ts";

try {
  console.log(`test:stdio: real servers and the official Python client are in ${installPython()}`);
} catch (error) {
  console.error(`test:stdio: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
