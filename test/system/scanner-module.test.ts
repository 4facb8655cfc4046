/** The module that is shipped is what its source compiles to. */

import { expect, it } from "vitest";
import { CHECK_JSON_MODULE } from "../../src/json/lazy/check-json-module.ts";
import { compileScanner } from "../../tools/scanner/compile.ts";

it("is what check-json.as compiles to", () => {
  expect(Buffer.from(compileScanner()).toString("base64")).toBe(CHECK_JSON_MODULE);
});
