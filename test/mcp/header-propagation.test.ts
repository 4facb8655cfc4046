import { describe, expect, it } from "vitest";
import { createHeaderPropagation } from "../../src/mcp/header-propagation.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const W3C = { traceparent: `00-${TRACE}-${SPAN}-01` };
const OURS = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

describe("headers that are read", () => {
  it.each([
    [["tracecontext"], { ...W3C, tracestate: "v=1" }, { ...W3C, tracestate: "v=1" }],
    [["tracecontext"], { b3: `${TRACE}-${SPAN}-1` }, undefined],
    [["b3"], { b3: `${TRACE}-${SPAN}-1` }, W3C],
    [["b3"], { b3: `${TRACE}-${SPAN}-d-${SPAN}` }, W3C],
    [["b3"], { b3: `${TRACE.toUpperCase()}-${SPAN}` }, { traceparent: `00-${TRACE}-${SPAN}-00` }],
    [["b3"], { b3: `${SPAN}-${SPAN}-0` }, { traceparent: `00-${"0".repeat(16)}${SPAN}-${SPAN}-00` }],
    [["b3"], { b3: "0" }, undefined],
    [["b3"], { b3: `${TRACE}x-${SPAN}-1` }, undefined],
    [["b3multi"], { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1" }, W3C],
    [["b3multi"], { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-flags": "1" }, W3C],
    [["b3multi"], { "x-b3-traceid": TRACE, "x-b3-spanid": "short" }, undefined],
    [["tracecontext", "b3"], { ...W3C, b3: `${TRACE}-${"1".repeat(16)}-1` }, W3C],
    [["baggage"], W3C, undefined],
    [[], { ...W3C, b3: `${TRACE}-${SPAN}-1` }, undefined],
  ])("with %j, of %j", (forms, headers, context) => {
    expect(createHeaderPropagation(forms).read(headers)).toEqual(context);
  });
});

describe("headers that are written", () => {
  const theirs = { ...W3C, tracestate: "v=1", b3: "0", "x-b3-sampled": "0", accept: "a" };
  it.each([
    [["tracecontext"], { ...OURS, b3: "0", "x-b3-sampled": "0", accept: "a" }],
    [["b3"], { ...W3C, tracestate: "v=1", b3: `${TRACE}-00f067aa0ba902b7-1`, accept: "a" }],
    [
      ["tracecontext", "b3multi"],
      {
        ...OURS,
        accept: "a",
        "x-b3-traceid": TRACE,
        "x-b3-spanid": "00f067aa0ba902b7",
        "x-b3-sampled": "1",
      },
    ],
    [[], theirs],
  ])("with %j", (forms, written) => {
    expect(createHeaderPropagation(forms).write(theirs, OURS)).toEqual(written);
  });

  it("are as they came when nothing is traced", () => {
    expect(createHeaderPropagation(["b3", "tracecontext"]).write(theirs, undefined)).toBe(theirs);
  });

  it("say when a trace is not sampled", () => {
    const unsampled = { traceparent: OURS.traceparent.replace(/01$/, "00") };
    expect(createHeaderPropagation(["b3"]).write({}, unsampled)["b3"]).toMatch(/-0$/);
  });
});
