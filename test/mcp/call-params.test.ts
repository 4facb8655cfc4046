/** The parameters that are bound to an approval beside the arguments. */

import { expect, it } from "vitest";
import { isJsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import { otherParamsText } from "../../src/mcp/call-params.ts";

it.each([
  ['{"name":"t"}', ""],
  ['{"name":"t","arguments":{"task":1},"_meta":{"x":1}}', ""],
  ['{"task":{"ttl":1.0},"name":"t","other":"x"}', '{"task":{"ttl":1.0},"other":"x"}'],
  ['{"other":"x","task":{}}', '{"other":"x","task":{}}'],
])("of %s are %j", (params, text) => {
  const reading = readJson(params);
  if (!reading.ok || !isJsonObject(reading.value)) throw new Error("no object");
  expect(otherParamsText(reading.value)).toBe(text);
});
