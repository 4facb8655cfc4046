import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";

let file: string;
beforeAll(() => {
  file = join(mkdtempSync(join(tmpdir(), "tollgate-settings-")), "config.yaml");
});
afterAll(() => rmSync(join(file, ".."), { recursive: true, force: true }));

function parse(text: string) {
  writeFileSync(file, text);
  return parseSettings({
    flags: { upstream: "http://127.0.0.1:1/mcp", config: file },
    environment: {},
    isTerminal: false,
  });
}

function identity(text: string) {
  const parsed = parse(`identity: ${text}\n`);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.settings.identity;
}

const DOCUMENT = readFileSync(new URL("../../../docs/identity.md", import.meta.url), "utf8");
const EXAMPLES = [...DOCUMENT.matchAll(/```yaml\n([\s\S]*?)```/g)]
  .map(([, text = ""]) => text)
  .filter((text) => !text.startsWith("# of the agent's pod"));

describe("docs/identity.md", () => {
  it("shows each source", () => {
    const shown = EXAMPLES.join("");
    for (const key of [
      "jwt:",
      "service-accounts:",
      "api-keys:",
      "client-ca:",
      "xfcc:",
      "header:",
      "passthrough:",
      "read-token-file:",
    ])
      expect(shown).toContain(key);
  });

  it.each(EXAMPLES)("shows settings that are right:\n%s", (text) => {
    expect(parse(text)).toMatchObject({ ok: true });
  });
});

describe("settings of identity", () => {
  it("take the resource for the audience where none is named", () => {
    expect(
      identity(`{ resource: "https://mcp.example.com/mcp", jwt: { issuer: "https://x.example" } }`),
    ).toMatchObject({
      issuers: [
        {
          issuer: "https://x.example",
          prefix: "",
          audience: ["https://mcp.example.com/mcp"],
          staleMs: 3_600_000,
        },
      ],
    });
  });

  it("keep the issuer as it was written, for it is compared as text", () => {
    const given = `{ jwt: { issuer: "https://X.example/a/", audience: a } }`;
    expect(identity(given).issuers?.[0]?.issuer).toBe("https://X.example/a/");
  });

  it.each([
    ["{ unheard: 1 }", "identity: unknown: unheard"],
    ["{ jwt: { issuer: 'https://x.example', audience: a, unheard: 1 } }", "identity.jwt: unknown: unheard"],
    [
      "{ jwt: { issuer: 'https://x.example' } }",
      "identity.jwt: must have an audience, or identity.resource that stands for it",
    ],
    [
      "{ jwt: { issuer: 'http://x.example', audience: a } }",
      `identity.jwt.issuer: must be an https URL, or an http one on loopback, got "http://x.example"`,
    ],
    ["{ jwt: { issuer: 'https://x.example?a=b', audience: a } }", "identity.jwt.issuer: must have no query"],
    [
      "{ jwt: { issuer: 'https://x.example', audience: a, jwks: 'http://127.example/x' } }",
      `identity.jwt.jwks: must be an https URL, or an http one on loopback, got "http://127.example/x"`,
    ],
    [
      "{ service-accounts: { audience: a } }",
      "identity.service-accounts: must have one of jwks, jwks-file and token-review",
    ],
    [
      "{ service-accounts: { audience: a, jwks-file: x } }",
      "identity.service-accounts: must name the issuer when tokens are checked by jwks",
    ],
    [
      "{ service-accounts: { audience: a, issuer: i, jwks-file: x, token-review: 'https://x.example' } }",
      "identity.service-accounts: must have one of jwks, jwks-file and token-review",
    ],
    [
      "{ header: { name: X_Agent, from: ['127.0.0.1'] } }",
      "identity.header.name: must be a header name of letters, digits and -",
    ],
    ...["Host", "Content-Length"].map((name): [string, string] => [
      `{ upstream-header: ${name} }`,
      "identity.upstream-header: must not be a header that says how a message is sent, such as Host; choose X-Agent-Id or the like",
    ]),
    [
      "{ header: { name: X-Agent, from: ['localhost'] } }",
      `identity.header.from.0: must be an address or a CIDR range, got "localhost"`,
    ],
    [
      "{ xfcc: { from: ['10.0.0.0/33'] } }",
      `identity.xfcc.from.0: must be an address or a CIDR range, got "10.0.0.0/33"`,
    ],
    ["{ xfcc: { from: [] } }", "identity.xfcc.from: must have at least 1 entry"],
    [
      "{ passthrough: true, api-keys: { file: x } }",
      "identity.passthrough: leaves tokens to the upstream; take out jwt, service-accounts and api-keys, or this",
    ],
    [
      "{ passthrough: true, resource: 'https://x.example' }",
      "identity.resource: is for tokens that are checked here; with passthrough the upstream names itself",
    ],
  ])("%s is refused", (text, problem) => {
    expect(parse(`identity: ${text}\n`)).toMatchObject({ ok: false, problems: [problem] });
  });

  it.each([
    ["{ jwt: [] }", "identity.jwt: must have at least 1 entry"],
    [
      "{ jwt: [{ audience: a }] }",
      "identity.jwt.0.issuer: is missing; it must be a string, such as https://login.example.com",
    ],
    [
      "{ jwt: { preset: okta, audience: a } }",
      "identity.jwt.issuer: is missing; it must be a string, such as https://example.okta.com/oauth2/default",
    ],
    [
      "{ jwt: [{ issuer: 'https://a.example', audience: a }, { issuer: 'https://b.example' }] }",
      "identity.jwt.1: must have an audience, or identity.resource that stands for it",
    ],
    [
      "{ jwt: [{ issuer: 'https://a.example', audience: a }, { issuer: 'https://a.example', audience: b }] }",
      "identity.jwt.1: names the issuer https://a.example a second time",
    ],
    [
      "{ jwt: [{ issuer: 'https://a.example', audience: a, prefix: x }, { issuer: 'https://b.example', audience: a, prefix: x }] }",
      'identity.jwt.1: must have a prefix of its own: names of two issuers cannot both begin with "x"',
    ],
    [
      "{ jwt: { preset: entra-v2, tenants: [t1, t2], audience: a, prefix: 'entra:' } }",
      'identity.jwt: must have a prefix of its own, with {tenantid} in it: names of two issuers cannot both begin with "entra:"',
    ],
    [
      "{ jwt: { preset: entra-v1, audience: a } }",
      "identity.jwt.tenants: must be given exactly when the issuer has {tenantid}; the issuer is https://sts.windows.net/{tenantid}/",
    ],
    [
      "{ jwt: { issuer: 'https://a.example', audience: a, tenants: t1 } }",
      "identity.jwt.tenants: must be given exactly when the issuer has {tenantid}; the issuer is https://a.example",
    ],
    [
      "{ jwt: { preset: github-actions, audience: a } }",
      "identity.jwt.required-claims: must name whose tokens are meant, such as { repository_owner: NAME }: the preset github-actions issues tokens to everyone",
    ],
    [
      "{ jwt: { issuer: 'https://a.example', audience: a, prefix: 'spiffe://x' } }",
      "identity.jwt.prefix: must not begin as the names of ServiceAccounts or SPIFFE ids: system:serviceaccount: or spiffe://",
    ],
    [
      "{ jwt: { issuer: 'https://a.example', audience: a, jwks: 'https://a.example/k', jwks-file: k } }",
      "identity.jwt: must have jwks or jwks-file, not both",
    ],
    [
      "{ jwt: [{ issuer: 'https://a.example', audience: a, introspection: 'https://a.example/i' }, { issuer: 'https://b.example', audience: a, introspection: 'https://b.example/i' }] }",
      "identity.jwt.1: must not have introspection beside another issuer with it: an opaque token does not name the one that it may be sent to",
    ],
    [
      "{ jwt: { issuer: 'https://a.example', audience: a, client-id: x } }",
      "identity.jwt: must have client-id and client-secret-file together, or neither",
    ],
    [
      "{ jwt: { issuer: 'https://a.example', audience: a }, header: { name: X-A, from: ['127.0.0.1'] } }",
      'identity.header: must have a prefix, such as prefix: "header:": its names and those of jwt could be the same, and would be one agent',
    ],
    [
      "{ jwt: { issuer: 'https://a.example', audience: a, prefix: 'x:' }, header: { name: X-A, from: ['127.0.0.1'], prefix: 'x:' } }",
      'identity.header: must have another prefix: names of jwt begin with "x:" too',
    ],
  ])("%s is refused, for issuers beside each other", (text, problem) => {
    expect(parse(`identity: ${text}\n`)).toMatchObject({ ok: false, problems: [problem] });
  });

  it("put the address of its issuer before each name where there are several", () => {
    const a = "{ issuer: 'https://a.example', audience: a }";
    const b = "{ issuer: 'https://a.example/b/', audience: b, prefix: 'b:' }";
    expect(identity(`{ jwt: [${a}, ${b}] }`).issuers?.map(({ prefix }) => prefix)).toEqual([
      "a.example#",
      "b:",
    ]);
    expect(identity(`{ jwt: [${a}] }`).issuers?.map(({ prefix }) => prefix)).toEqual([""]);
  });

  it("make every tenant an issuer of its own", () => {
    const { issuers } = identity("{ jwt: { preset: entra-v2, tenants: [t1, t2], audience: a } }");
    expect(issuers).toMatchObject(
      ["t1", "t2"].map((tenant) => ({
        issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
        prefix: `login.microsoftonline.com/${tenant}/v2.0#`,
        requiredClaims: { ver: ["2.0"], tid: [tenant] },
        agentClaim: ["azp"],
      })),
    );
  });

  it.each(["HS256", "none", "RS1", "ES256K"])("do not allow the algorithm %s", (algorithm) => {
    const parsed = parse(
      `identity: { jwt: { issuer: "https://x.example", audience: a, algorithms: [${algorithm}] } }\n`,
    );
    expect(parsed).toMatchObject({
      ok: false,
      problems: [expect.stringContaining("identity.jwt.algorithms.0")],
    });
  });

  it.each(["anonymous", "Anonymous", "_other", "_unknown", "Local", "bot\u3164"])(
    "do not let --agent be %s",
    (name) => {
      expect(parse(`agent: "${name}"\n`)).toMatchObject({
        ok: false,
        problems: [expect.stringMatching(/^agent: .+; choose another name$/)],
      });
    },
  );

  it("let --agent be local, which a caller over stdio is in any case", () => {
    expect(parse("agent: local\n")).toMatchObject({ ok: true });
  });

  it("say all of their problems at once", () => {
    const parsed = parse("identity: { header: { name: '', from: [x] }, api-keys: {} }\ntls: { cert: x }\n");
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.split(": ")[0])).toEqual([
      "identity.api-keys.file",
      "identity.header.name",
      "identity.header.from.0",
      "tls.key",
    ]);
  });
});
