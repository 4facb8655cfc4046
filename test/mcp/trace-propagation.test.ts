/** Which parts of an agent's trace context and baggage go upstream. */

import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import { propagateInHeaders, propagateInMessage } from "../../src/mcp/trace-propagation.ts";

const OURS = { traceparent: "00-1-2-01" };
const STATE = { ...OURS, tracestate: "v=1" };

function metaOf(text: string): JsonObject | undefined {
  const reading = readJson(text);
  const params = reading.ok && isJsonObject(reading.value) ? reading.value.get("params") : undefined;
  const meta = isJsonObject(params) ? params.get("_meta") : undefined;
  return isJsonObject(meta) ? meta : undefined;
}

describe("a message", () => {
  it.each([
    [
      "without a trace, as it came",
      '{"params":{"_meta":{"a":1}}}',
      undefined,
      '{"params":{"_meta":{"a":1}}}',
    ],
    [
      "with the agent's own context, where nothing is traced",
      '{"params":{"_meta":{"traceparent":"t","tracestate":"s"}}}',
      undefined,
      '{"params":{"_meta":{"traceparent":"t","tracestate":"s"}}}',
    ],
    [
      "with ours",
      '{"params":{"name":"x"}}',
      OURS,
      '{"params":{"name":"x","_meta":{"traceparent":"00-1-2-01"}}}',
    ],
    [
      "with ours in place of the agent's",
      '{"params":{"_meta":{"traceparent":"t","tracestate":"s","k":1}}}',
      STATE,
      '{"params":{"_meta":{"traceparent":"00-1-2-01","tracestate":"v=1","k":1}}}',
    ],
    [
      "without the state of another trace",
      '{"params":{"_meta":{"tracestate":"s","k":1}}}',
      OURS,
      '{"params":{"_meta":{"k":1,"traceparent":"00-1-2-01"}}}',
    ],
    [
      "without baggage, traced or not",
      '{"params":{"_meta":{"baggage":"user=ada","k":1}}}',
      undefined,
      '{"params":{"_meta":{"k":1}}}',
    ],
    [
      "without baggage, and with ours",
      '{"params":{"_meta":{"baggage":"user=ada"}}}',
      OURS,
      '{"params":{"_meta":{"traceparent":"00-1-2-01"}}}',
    ],
    [
      "with what is called baggage elsewhere",
      '{"params":{"arguments":{"baggage":"23 kg"},"_meta":{}}}',
      undefined,
      '{"params":{"arguments":{"baggage":"23 kg"},"_meta":{}}}',
    ],
  ])("goes upstream %s", (_what, text, context, expected) => {
    expect(propagateInMessage({ text, meta: metaOf(text) }, context)).toBe(expected);
  });
});

describe("headers", () => {
  const theirs = { accept: "x", traceparent: "t", tracestate: "s" };
  it.each([
    [undefined, theirs],
    [OURS, { accept: "x", ...OURS }],
    [STATE, { accept: "x", ...STATE }],
  ])("with %j", (context, expected) => {
    expect(propagateInHeaders(theirs, context)).toEqual(expected);
  });
});
