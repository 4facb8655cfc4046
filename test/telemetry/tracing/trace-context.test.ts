/** W3C trace context, from strings and back. */

import { describe, expect, it } from "vitest";
import {
  formatTraceContext,
  incomingTraceId,
  parseTraceContext,
} from "../../../src/telemetry/tracing/trace-context.ts";
import { exampleRequest } from "../examples.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const VALID = `00-${TRACE_ID}-b7ad6b7169203331-01`;

describe("parseTraceContext", () => {
  it("reads ids and flags", () => {
    expect(parseTraceContext({ traceparent: VALID })).toEqual({
      traceId: TRACE_ID,
      spanId: "b7ad6b7169203331",
      traceFlags: 1,
      isRemote: true,
    });
  });

  it("reads a later version with fields that it does not know", () => {
    expect(parseTraceContext({ traceparent: `cc${VALID.slice(2)}-what-is-this` })?.traceId).toBe(TRACE_ID);
  });

  it.each([
    "",
    "00",
    VALID.toUpperCase(),
    `ff${VALID.slice(2)}`,
    `${VALID}0`,
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE_ID}-${"0".repeat(16)}-01`,
    ` ${VALID}`,
    `00-${TRACE_ID}-b7ad6b7169203331-zz`,
  ])("refuses %j", (traceparent) => {
    expect(parseTraceContext({ traceparent })).toBeUndefined();
  });

  it("drops a tracestate that is too long to carry", () => {
    const context = parseTraceContext({ traceparent: VALID, tracestate: `a=${"x".repeat(600)}` });
    expect(context?.traceState).toBeUndefined();
  });
});

describe("formatTraceContext", () => {
  it("writes what it read", () => {
    const context = parseTraceContext({ traceparent: VALID, tracestate: "a=1,b=2" });
    expect(context && formatTraceContext(context)).toEqual({ traceparent: VALID, tracestate: "a=1,b=2" });
  });

  it("has no tracestate where there is none", () => {
    const context = parseTraceContext({ traceparent: VALID });
    expect(context && formatTraceContext(context)).toEqual({ traceparent: VALID });
  });
});

describe("incomingTraceId", () => {
  it("prefers _meta to the header, and needs one that is valid", () => {
    const header = { traceparent: VALID.replace(TRACE_ID, "4bf92f3577b34da6a3ce929d0e0e4736") };
    expect(incomingTraceId(exampleRequest({ metaTrace: { traceparent: VALID }, headerTrace: header }))).toBe(
      TRACE_ID,
    );
    expect(incomingTraceId(exampleRequest({ metaTrace: { traceparent: "x" }, headerTrace: header }))).toBe(
      "4bf92f3577b34da6a3ce929d0e0e4736",
    );
    expect(incomingTraceId(exampleRequest())).toBeUndefined();
  });
});
