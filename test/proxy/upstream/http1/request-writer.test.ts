import { describe, expect, it } from "vitest";

import { RequestWriter } from "../../../../src/proxy/upstream/http1/request-writer.ts";

const writer = new RequestWriter(new URL("http://127.0.0.1:3000/m%20cp?a=b#c"));

function written(...args: Parameters<RequestWriter["write"]>): string {
  return writer.write(...args).toString("utf8");
}

describe("a request", () => {
  it("has a request line, host, headers, the length of the body in bytes, and the body", () => {
    expect(
      written("POST", { accept: "a", "x-list": ["1", "2"], "x-none": undefined, "x-n": 7 }, '{"é":1}'),
    ).toBe(
      "POST /m%20cp?a=b HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nconnection: keep-alive\r\naccept: a\r\n" +
        'x-list: 1\r\nx-list: 2\r\nx-n: 7\r\ncontent-length: 8\r\n\r\n{"é":1}',
    );
  });

  it.each(["GET", "DELETE"] as const)("has no Content-Length without a body: %s", (method) => {
    expect(written(method, {}, undefined)).toBe(
      `${method} /m%20cp?a=b HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nconnection: keep-alive\r\n\r\n`,
    );
  });

  it("has its cookies on one line", () => {
    expect(written("GET", { cookie: ["a=1", "b=2"] }, undefined)).toContain("\r\ncookie: a=1; b=2\r\n");
  });

  it("has latin1 characters in values as one byte each", () => {
    expect(
      writer.write("GET", { x: "\u00e9" }, undefined).includes(Buffer.from("x: \u00e9\r\n", "latin1")),
    ).toBe(true);
  });

  it("has the credentials of the URL, unless the caller sets its own", () => {
    const known = new RequestWriter(new URL("http://us%20er:pass@127.0.0.1/mcp"));
    const basic = `authorization: Basic ${Buffer.from("us er:pass").toString("base64")}\r\n`;
    expect(known.write("GET", {}, undefined).toString()).toContain(basic);
    const own = known.write("GET", { authorization: "Bearer x" }, undefined).toString();
    expect(own.match(/authorization: .*/g)).toEqual(["authorization: Bearer x"]);
  });

  it.each([
    ["a line feed in a value", { x: "1\n2" }],
    ["a carriage return in a value", { x: "1\r2" }],
    ["a line end in a value", { x: "1\r\nevil: 2" }],
    ["a line end in one of several values", { x: ["1", "2\r\nevil: 3"] }],
    ["a line end in a cookie", { cookie: ["a=1", "b=2\r\nevil: 3"] }],
    ["NUL in a value", { x: "1\0" }],
    ["DEL in a value", { x: "1\u007f" }],
    ["a character that is no byte", { x: "\u0100" }],
    ["a letter whose last byte is a line feed", { x: "\u010a" }],
    ["a line end in a name", { "x\r\nevil": "1" }],
    ["a colon in a name", { "x:y": "1" }],
    ["a blank in a name", { "x ": "1" }],
    ["a name beyond ASCII", { "x\u00e9": "1" }],
    ["an empty name", { "": "1" }],
    ["a length", { "content-length": "5" }],
    ["a coding", { "transfer-encoding": "chunked" }],
    ["another host", { host: "evil" }],
    ["a connection of its own", { connection: "upgrade" }],
    ["a length in capitals", { "Content-Length": "5" }],
  ])("is not written with %s", (_case, headers) => {
    expect(() => writer.write("POST", headers, "{}")).toThrow(TypeError);
  });
});
