import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";

import { boundedStderr } from "../../../src/telemetry/logging/non-blocking-stderr.ts";
import { withoutCredentials, withoutSecrets } from "../../../src/telemetry/audit/redact.ts";

/** Put together here, so that nothing in this file looks like a key. */
const KEY = (prefix: string, length = 36): string => prefix + "a1".repeat(length / 2);

describe("the stderr of a wrapped server", () => {
  it.each([
    ["Authorization: Bearer abc.def", "Authorization: [redacted]"],
    ['{"authorization":"Basic dXNlcg=="}', '{"authorization":"[redacted]"}'],
    ["AWS_SECRET_ACCESS_KEY=abcd/efg+h", "AWS_SECRET_ACCESS_KEY=[redacted]"],
    ["password: hunter2, user: ada", "password: [redacted], user: ada"],
    ['"client_secret": "two words"', '"client_secret": [redacted]'],
    ["postgres://ada:hunter2@db/x", "postgres://[redacted]@db/x"],
    [`using ${KEY("sk-")}`, "using [redacted]"],
    [`using ${KEY("ghp_")}`, "using [redacted]"],
    [`using ${KEY("AKIA", 16).toUpperCase()}`, "using [redacted]"],
    [`using ${KEY("xoxb-")}`, "using [redacted]"],
    ["INFO listening, 3 tools, 12 tokens used", "INFO listening, 3 tools, 12 tokens used"],
    ["GET /tokens 200", "GET /tokens 200"],
  ])("of %j is written as %j", (line, written) => {
    expect(withoutCredentials(line)).toBe(written);
  });
});

describe("a text of ours", () => {
  it.each([
    "the bearer token is not one that can be read",
    "a basic check failed",
    "send it as Authorization header, by the Bearer scheme",
    "Bearer tokens are read here",
    "no bearer of this name.",
    "basic e-mail settings",
    "the bearer's token is bound to another certificate",
    "two credentials: a Bearer token and a Basic password",
    "Bearer credentials must not come twice.",
    'Bearer realm="mcp", error="invalid_token", error_description="the token has expired"',
    String.raw`{"challenge":"Bearer resource_metadata=\"https://mcp.example.com/.well-known\""}`,
    "authorization: is read by the server",
    "a tgk_... key, and the digest sha256:9f86d081884c7d65",
    "https://login.example.com/authorize?tenant=a&state=b#part",
  ])("keeps its words: %s", (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  it.each([
    ["bearer abc1", "bearer [redacted]"],
    ["got Bearer hunter from the agent", "got Bearer [redacted] from the agent"],
    ["bearer correcthorsebatterystaple", "bearer [redacted]"],
    ["bearer aBc", "bearer [redacted]"],
    ["Basic dXNlcg==", "Basic [redacted]"],
    ["authorization: bearer token", "authorization: bearer [redacted]"],
    ['{"authorization":"Bearer secret"}', '{"authorization":"Bearer [redacted]"}'],
    ["Bearer realm=abc", "Bearer [redacted]"],
    ["BEARER Zm9v", "BEARER [redacted]"],
    ["Bearer\tZm9v", "Bearer [redacted]"],
    ["Authorization: DPoP Zm9v.YmFy", "Authorization: DPoP [redacted]"],
    ['{"authorization":"Token abc"}', '{"authorization":"Token [redacted]"}'],
    ["Proxy-Authorization: Digest username=x", "Proxy-Authorization: Digest [redacted]"],
    [`the key ${KEY("tgk_")} is not known`, "the key [redacted] is not known"],
    [`token ${KEY("eyJ")}.${KEY("b")}..${KEY("c")}.${KEY("d")} read`, "token [redacted] read"],
    [`${KEY("eyJ")}..${KEY("c")}`, "[redacted]"],
    [
      "GET https://a.example/mcp?access_token=Zm9v&x=1",
      "GET https://a.example/mcp?access_token=[redacted]&x=1",
    ],
    ["https://b.example/?a=1&sig=Zm9v#end", "https://b.example/?a=1&sig=[redacted]#end"],
    ["https://ada:hunter2@b.example/x", "https://[redacted]@b.example/x"],
  ])("of %j keeps no credential", (text, written) => {
    expect(withoutSecrets(text)).toBe(written);
  });
});

describe("our stderr", () => {
  it("drops and counts lines while it is not read", () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const sink = boundedStderr(stream);
    const line = `${"x".repeat(99_999)}\n`;
    for (let count = 0; count < 20; count += 1) sink.write(line);
    const kept = stream.writableLength + stream.readableLength;
    expect(kept).toBeLessThan(1_300_000);
    while (stream.read() !== null);
    sink.write("next\n");
    expect(String(stream.read())).toMatch(/^\[\d+ lines dropped: stderr was not read\]\n/);
  });

  it("does not end the process when it is closed", () => {
    const stream = new PassThrough();
    const sink = boundedStderr(stream);
    stream.destroy(new Error("EPIPE"));
    expect(() => sink.write("x\n")).not.toThrow();
  });
});
