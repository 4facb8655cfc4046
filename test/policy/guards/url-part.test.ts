/** Parts of URLs: which part a condition tests, and which URLs it cannot be evaluated on. */

import { describe, expect, it } from "vitest";
import { JsonNumber } from "../../../src/json/json.ts";
import { measure } from "../../../src/policy/measure.ts";
import { CONDITION, evaluate } from "../../../src/policy/condition.ts";
import { DocumentPath, type Problem } from "../../../src/policy/schema/document-path.ts";
import { fromLiteral } from "../policies.ts";

type Part = "scheme" | "host" | "port" | "path";

function partOf(part: Part, url: unknown): unknown {
  const found = measure(fromLiteral(url), part);
  return found instanceof JsonNumber ? Number(found.token) : found;
}

function read(literal: object) {
  const problems: Problem[] = [];
  const condition = CONDITION.read(
    fromLiteral({ path: "args.url", ...literal }),
    DocumentPath.root(problems),
  );
  return { condition, problems: problems.map(({ message }) => message) };
}

describe("the scheme of a URL", () => {
  it.each([
    ["https://a.example/", "https"],
    ["HTTPS://a.example/", "https"],
    ["file:///etc/passwd", "file"],
    ["javascript:alert(1)", "javascript"],
    ["data:text/html,x", "data"],
    ["gopher://127.0.0.1:70/_x", "gopher"],
    ["jar:http://a.example!/x", "jar"],
    ["http:a.example", "http"],
    ["http://u:p@a.example/", "http"],
    ["URL:http://a.example/", undefined],
    ["url:file:///etc/passwd", undefined],
    [" https://a.example/", undefined],
    ["java\tscript:alert(1)", undefined],
    ["jav\u00adascript:alert(1)", undefined],
    ["https:\\\\a.example", undefined],
    ["//a.example/", undefined],
    ["a.example", undefined],
    ["https://", undefined],
    ["", undefined],
    [1, undefined],
    [["https://a.example/"], undefined],
  ])("of %j is %j", (url, expected) => {
    expect(partOf("scheme", url)).toBe(expected);
  });
});

describe("the host of a URL", () => {
  it.each([
    ["https://A.Example./x", "a.example"],
    ["https://b\u00fccher.example", "xn--bcher-kva.example"],
    ["https://\uff21.example/", "a.example"],
    ["http://127.0.0.1:80/", "127.0.0.1"],
    ["http://[::FFFF:127.0.0.1]/", "::ffff:7f00:1"],
    ["http://[0:0:0:0:0:0:0:1]/", "::1"],
    ["http://2130706433/", undefined],
    ["http://0x7f.1/", undefined],
    ["http://0177.0.0.1/", undefined],
    ["http://127.1/", undefined],
    ["http://127.0.0.1./", undefined],
    ["http://a.example@b.example/", undefined],
    ["http://b.example\\@a.example/", undefined],
    ["http://a.example%2fb.example/", undefined],
    ["http://[fe80::1%25eth0]/", undefined],
    // IDNA 2003 makes fass.example of this, and IDNA 2008 another name.
    ["http://fa\u00df.example/", undefined],
    ["http://FA\u1e9e.example/", undefined],
    ["http://\u03b2\u03cc\u03bb\u03bf\u03c2.example/", undefined],
    ["http://xn--fa-hia.example/", "xn--fa-hia.example"],
    ["file://a.example/x", undefined],
  ])("of %j is %j", (url, expected) => {
    expect(partOf("host", url)).toBe(expected);
  });
});

describe("the port of a URL", () => {
  it.each([
    ["http://a.example/", 80],
    ["ws://a.example/", 80],
    ["https://a.example/", 443],
    ["wss://a.example:/", 443],
    ["ftp://a.example/", 21],
    ["https://a.example:443/", 443],
    ["https://a.example:8443/", 8443],
    ["https://a.example:08443/", 8443],
    ["http://[::1]:6379/", 6379],
    ["https://a.example:65536/", undefined],
    ["https://a.example:-1/", undefined],
    ["https://a.example:\uff18\uff10/", undefined],
    ["https://a.example:80@b.example/", undefined],
    ["https://a.example:80:90/", undefined],
    ["gopher://a.example:70/", undefined],
  ])("of %j is %j", (url, expected) => {
    expect(partOf("port", url)).toBe(expected);
  });
});

describe("the path of a URL", () => {
  it.each([
    ["https://a.example", "/"],
    ["https://a.example?x=/y", "/"],
    ["https://a.example/#/y", "/"],
    ["https://a.example/public/a", "/public/a"],
    ["https://a.example/public/", "/public/"],
    ["https://a.example/%61dmin", "/admin"],
    ["https://a.example/a%20b", "/a b"],
    ["https://a.example/b%C3%BCcher", "/b\u00fccher"],
    ["https://a.example/b\u00fccher", "/b\u00fccher"],
    ["https://a.example/.well-known/x", "/.well-known/x"],
    ["https://a.example/a;v=1/b", "/a;v=1/b"],
    ["https://a.example/public/../admin", undefined],
    ["https://a.example/public/./admin", undefined],
    ["https://a.example/public/%2e%2e/admin", undefined],
    ["https://a.example/public/.%2E/admin", undefined],
    ["https://a.example/public/..", undefined],
    ["https://a.example/public/..;/admin", undefined],
    ["https://a.example/public/..%20/admin", undefined],
    ["https://a.example/public/..%2fadmin", undefined],
    ["https://a.example/public/..%5cadmin", undefined],
    ["https://a.example/public/%252e%252e/admin", undefined],
    ["https://a.example/public/\uff0e\uff0e/admin", undefined],
    ["https://a.example/public%ef%bc%8fadmin", undefined],
    ["https://a.example/public/.\u2025/admin", undefined],
    ["https://a.example/public/%c0%ae%c0%ae/admin", undefined],
    ["https://a.example/public/%E2%80%8B/admin", undefined],
    ["https://a.example/public/%00", undefined],
    ["https://a.example/public%3fadmin", undefined],
    ["https://a.example/public%23admin", undefined],
    ["https://a.example/public%3bx", undefined],
    ["https://a.example/100%", undefined],
    ["https://a.example/%zz", undefined],
    ["https://a.example//admin", undefined],
    ["https://a.example/public//admin", undefined],
    ["https://u@a.example/admin", undefined],
    ["file:///etc/passwd", undefined],
  ])("of %j is %j", (url, expected) => {
    expect(partOf("path", url)).toBe(expected);
  });
});

describe("a condition on a part of a URL", () => {
  it.each([
    [{ of: "scheme", op: "in", value: ["https", "wss"] }, "https://a.example/", true],
    [{ of: "scheme", op: "eq", value: "file" }, "https://a.example/", false],
    [{ of: "host", op: "eq", value: "a.example" }, "https://a.example/", true],
    [{ of: "host", op: "eq", value: "::1" }, "https://[::1]/", true],
    [{ of: "host", op: "ends_with", value: ".example" }, "https://A.EXAMPLE/", true],
    [{ of: "host", op: "matches", value: "*.internal" }, "https://db.internal/", true],
    [{ of: "host", op: "cidr", value: "10.0.0.0/8" }, "https://10.1.2.3/", true],
    [{ of: "host", op: "cidr", value: "10.0.0.0/8" }, "https://a.example/", "type"],
    [{ of: "port", op: "in", value: [443, 8443] }, "https://a.example/", true],
    [{ of: "port", op: "lt", value: 1024 }, "https://a.example:8080/", false],
    [{ of: "path", op: "starts_with", value: "/public/" }, "https://a.example/public/x", true],
    [{ of: "path", op: "path_within", value: "/public" }, "https://a.example/publicity", false],
    [{ of: "path", op: "eq", value: "/a b" }, "https://a.example/a%20b", true],
    [{ of: "path", op: "eq", value: "/b\u00fccher" }, "https://a.example/b%C3%BCcher", true],
    [{ of: "path", op: "regex", value: "^/v[0-9]+/" }, "https://a.example/v1/x", true],
    [{ of: "host", op: "eq", value: "a.example" }, "no URL", "type"],
    [{ of: "host", op: "eq", value: "a.example" }, 1, "type"],
  ])("%j on %j is %s", (literal, url, expected) => {
    const { condition } = read(literal);
    if (condition === undefined) throw new Error("the condition cannot be read");
    expect(evaluate(condition, new Map([["url", fromLiteral(url)]]))).toBe(expected);
  });

  it("says in its text which part it tests", () => {
    expect(read({ of: "host", op: "eq", value: "a.example" }).condition?.text).toBe(
      'host of args.url eq "a.example"',
    );
  });

  it.each([
    [
      { of: "scheme", op: "eq", value: "https:" },
      'must be a scheme in lower case, such as https, when "of" is "scheme"',
    ],
    [{ of: "scheme", op: "in", value: ["https", "HTTP"] }, "must be a scheme in lower case"],
    [{ of: "scheme", op: "starts_with", value: "Http" }, "must be a scheme in lower case"],
    [{ of: "host", op: "eq", value: "Example.com" }, "must be a host in lower case"],
    [{ of: "host", op: "eq", value: "b\u00fccher.example" }, "must be a host in lower case"],
    [{ of: "host", op: "in", value: ["a.example:80"] }, "must be a host in lower case"],
    [{ of: "host", op: "eq", value: "0x7f.1" }, "must be a host in lower case"],
    [{ of: "host", op: "contains", value: 1 }, "must be a host in lower case"],
    [{ of: "port", op: "eq", value: 65536 }, "must be a number from 0 to 65535"],
    [{ of: "port", op: "in", value: ["443"] }, "must be a number from 0 to 65535"],
    [{ of: "port", op: "lt", value: -1 }, "must be a number from 0 to 65535"],
    [{ of: "path", op: "eq", value: "public" }, "must be a decoded path such as /public/a"],
    [{ of: "path", op: "eq", value: "/a/../b" }, "must be a decoded path such as /public/a"],
    [{ of: "path", op: "eq", value: "/a%20b" }, "must be a decoded path such as /public/a"],
    [{ of: "path", op: "in", value: [1] }, "must be a decoded path such as /public/a"],
    [{ of: "host", op: "host_in", value: "a.example" }, 'must be "value" with host_in, got "host"'],
    [{ of: "port", op: "regex", value: "8" }, 'must be "value" with regex'],
    [{ of: "path", op: "cidr", value: "10.0.0.0/8" }, 'must be "value" with cidr'],
    [{ of: "scheme", op: "exists", value: true }, 'must be "value" with exists'],
    [{ of: "query", op: "eq", value: "a" }, 'must be "value"'],
  ])("refuses %j, which no URL could meet", (literal, problem) => {
    const { condition, problems } = read(literal);
    expect(condition).toBeUndefined();
    expect(problems.join()).toContain(problem);
  });
});
