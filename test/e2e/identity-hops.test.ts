import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import {
  callBody,
  countRefusals,
  type IdentifiedSidecar,
  startIdentifiedSidecar,
} from "../fixtures/identified.ts";

/** Trusted hops are 127.0.0.2 and 127.0.5.0/24; 127.0.0.1 is not trusted. */
const FROM = `["127.0.0.2", "127.0.5.0/24", "::1"]`;
const HOP = "127.0.0.2";
const refusal = countRefusals("bad headers");

let guarded: IdentifiedSidecar;
beforeAll(async () => {
  const header = `header: { name: X-Agent-Id, from: ${FROM}, user: X-User-Id }`;
  guarded = await startIdentifiedSidecar(
    `identity:\n  required: true\n  xfcc: { from: ${FROM} }\n  ${header}\n  upstream-header: X-Verified-Agent\n`,
  );
});

/** The status of a tools/call with these header lines, from this address. */
async function call(lines: readonly string[], localAddress = HOP): Promise<number> {
  const socket = connect({
    port: Number(new URL(guarded.sidecar.url).port),
    host: "127.0.0.1",
    localAddress,
  });
  const head = [
    "POST /mcp HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${callBody().length}`,
  ];
  socket.write([...head, ...lines, "", callBody()].join("\r\n"));
  const [answer] = await once(socket, "data");
  socket.destroy();
  return Number(String(answer).slice(9, 12));
}

async function refused(lines: readonly string[], localAddress?: string): Promise<void> {
  expect([400, 401]).toContain(await refusal(guarded, () => call(lines, localAddress)));
}

describe("a header from a trusted hop", () => {
  it.each([HOP, "127.0.5.1", "127.0.5.255"])("names the agent (from %s)", async (from) => {
    expect(await call(["X-Agent-Id: alice"], from)).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: "alice", source: "header", verified: true });
    expect(guarded.seen.at(-1)).not.toHaveProperty("x-agent-id");
  });

  it.each([
    ["from an untrusted hop", ["X-Agent-Id: alice"], "127.0.0.1"],
    ["from beside the range", ["X-Agent-Id: alice"], "127.0.6.1"],
    ["that comes twice", ["X-Agent-Id: alice", "X-Agent-Id: bob"], HOP],
    ["that comes twice in two cases", ["X-Agent-Id: alice", "x-agent-id: alice"], HOP],
    ["that is written with _", ["X_Agent_Id: alice"], HOP],
    ["beside one that is written with _", ["X-Agent-Id: alice", "X-Agent_Id: bob"], HOP],
    ["that is empty", ["X-Agent-Id:"], HOP],
    ["that is long", [`X-Agent-Id: ${"a".repeat(257)}`], HOP],
    ["that is the name of callers without proof", ["X-Agent-Id: anonymous"], HOP],
    ["that is missing", [], HOP],
  ])("%s is refused", async (_what, lines, from) => {
    await refused(lines, from);
  });
});

describe("a header of the user from a trusted hop", () => {
  it("names the user beside the agent's header, and is not forwarded", async () => {
    expect(await call(["X-Agent-Id: desktop", "X-User-Id: ann"])).toBe(200);
    expect(guarded.sidecar.audit().at(-1)).toMatchObject({ agent: { name: "desktop" }, user: "ann" });
    expect(guarded.seen.at(-1)).not.toHaveProperty("x-user-id");
  });

  it("that repeats the agent names no user", async () => {
    expect(await call(["X-Agent-Id: desktop", "X-User-Id: desktop"])).toBe(200);
    expect(guarded.sidecar.audit().at(-1)).not.toHaveProperty("user");
  });

  it("counts for nothing beside another proof of the agent", async () => {
    expect(await call([`X-Forwarded-Client-Cert: URI=${ALICE}`, "X-User-Id: ann"])).toBe(200);
    expect(guarded.sidecar.audit().at(-1)).not.toHaveProperty("user");
  });

  it.each([
    ["without the agent's", ["X-User-Id: ann"], HOP],
    ["from an untrusted hop", ["X-Agent-Id: desktop", "X-User-Id: ann"], "127.0.0.1"],
    ["that comes twice", ["X-Agent-Id: desktop", "X-User-Id: ann", "x-user-id: ann"], HOP],
    ["that is empty", ["X-Agent-Id: desktop", "X-User-Id:"], HOP],
    ["that hides a character", ["X-Agent-Id: desktop", "X-User-Id: an\u00adn"], HOP],
    ["that is the name of callers without proof", ["X-Agent-Id: desktop", "X-User-Id: anonymous"], HOP],
  ])("%s is refused", async (_what, lines, from) => {
    await refused(lines, from);
  });
});

const ALICE = "spiffe://example.org/alice";

describe("X-Forwarded-Client-Cert from a trusted hop", () => {
  it.each([
    ["by its URI", `By=spiffe://example.org/us;Hash=ab;Subject="CN=a";URI=${ALICE}`, ALICE],
    [
      "by its subject without a URI",
      `Hash=ab;Subject="/C=US/CN=Alice \\"A\\", Inc;x"`,
      `/C=US/CN=Alice "A", Inc;x`,
    ],
    [
      "by the last of several elements",
      `Hash=00;URI=spiffe://example.org/mallory,Hash=ab;URI=${ALICE};DNS=a`,
      ALICE,
    ],
    [
      "by the last element when quotes hold commas",
      `Subject="a,URI=spiffe://example.org/x",URI=${ALICE}`,
      ALICE,
    ],
    ["with keys in any case", `uri=${ALICE}`, ALICE],
  ])("names the agent %s", async (_what, value, name) => {
    expect(await call([`X-Forwarded-Client-Cert: ${value}`])).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name, source: "xfcc", verified: true });
    expect(guarded.seen.at(-1)).not.toHaveProperty("x-forwarded-client-cert");
  });

  it("is refused beside a header that names another agent", async () => {
    await refused(["X-Agent-Id: bob", `X-Forwarded-Client-Cert: URI=${ALICE}`]);
  });

  it.each([
    ["from an untrusted hop", [`URI=${ALICE}`], "127.0.0.1"],
    ["that comes twice", [`URI=${ALICE}`, `URI=${ALICE}`], HOP],
    ["whose last element has no name", [`URI=${ALICE},Hash=ab`], HOP],
    ["with two URIs in an element", [`URI=${ALICE};URI=spiffe://example.org/mallory`], HOP],
    ["whose quotes do not end", [`URI=${ALICE},Subject="a`], HOP],
    ["with something behind its quotes", [`Subject="a"b;URI=${ALICE}`], HOP],
    ["that is no list of pairs", [ALICE], HOP],
    ["that ends with a comma", [`URI=${ALICE},`], HOP],
    ["that is empty", [""], HOP],
    ["whose subject looks like a SPIFFE id", [`Subject="${ALICE}"`], HOP],
    ["whose subject looks like a SPIFFE id in capitals", [`Subject="SPIFFE://example.org/alice"`], HOP],
    ["whose URI is no SPIFFE id, and that has no subject", ["URI=https://example.org/alice"], HOP],
    ["whose URI is written with a blank", [`URI ="${ALICE}"`], HOP],
    ["whose URI is empty, and that has no subject", ["URI="], HOP],
    ["with two subjects", [`Subject="CN=a";Subject="CN=b"`], HOP],
    ["whose URI hides a character", [`URI="${ALICE}\u00ad"`], HOP],
    ["whose quotes end with a backslash", [`URI="${ALICE}\\`], HOP],
    ["whose key has a digit", [`URI1=${ALICE}`], HOP],
    ["with an empty pair", [`;URI=${ALICE}`], HOP],
    ["with a colon for the equals sign", [`URI:${ALICE}`], HOP],
  ])("%s is refused", async (_what, values, from) => {
    await refused(
      values.map((value) => `X-Forwarded-Client-Cert: ${value}`),
      from,
    );
  });

  it("is refused when it is written with _", async () => {
    await refused([`X_Forwarded_Client_Cert: URI=${ALICE}`]);
  });
});

describe("the header that names the agent to the upstream", () => {
  it("is set by Tollgate alone, whatever the client sends", async () => {
    expect(await call(["X-Agent-Id: alice", "X-Verified-Agent: root", "X_Verified_Agent: root"])).toBe(200);
    expect(guarded.seen.at(-1)).toMatchObject({ "x-verified-agent": "alice" });
    expect(JSON.stringify(guarded.seen.at(-1))).not.toContain("root");
  });

  it("escapes what a header cannot hold", async () => {
    expect(await call([`X-Forwarded-Client-Cert: Subject="CN=a 100% \\"q\\""`])).toBe(200);
    expect(guarded.seen.at(-1)).toMatchObject({ "x-verified-agent": `CN=a%20100%25%20"q"` });
  });
});
