/** The version of this package, from its manifest. */

import { readFileSync } from "node:fs";
import * as z from "zod";

const MANIFEST = z.object({ version: z.string() });

export const VERSION = MANIFEST.parse(
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")),
).version;
