/** `tollgate doctor`: each finding is produced once by the fault that it names. */

import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkClock } from "../../src/commands/doctor/check-clock.ts";
import { checkExpiry } from "../../src/commands/doctor/check-connection.ts";
import { runDoctor } from "../../src/commands/doctor.ts";
import { FINDINGS, type Finding } from "../../src/commands/doctor/findings.ts";
import { withProgress } from "../../src/commands/cli/progress.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { newAuthority, newCertificate } from "../fixtures/certificates.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { atEnd, serve, startSidecar, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { sendJson } from "../fixtures/loopback-server.ts";
import { startDualEraServer } from "../fixtures/servers/dual-era.ts";
import { stdioServer } from "../fixtures/bridge.ts";

const seen = new Set<string>();

interface Examination {
  readonly code: number;
  readonly ids: readonly string[];
  readonly findings: readonly Finding[];
}

async function examine(argv: readonly string[], because?: string): Promise<Examination> {
  const { code, stdout } = await captureIo((io) =>
    runDoctor(["--format", "json", ...argv], {
      ...io,
      environment: {},
      describeIsolation: () => Promise.resolve(because),
    }),
  );
  const { findings }: { findings: readonly Finding[] } = JSON.parse(stdout);
  const ids = findings.map(({ id }) => id);
  for (const id of ids) seen.add(id);
  return { code, ids, findings };
}

/** Flags whose addresses are free. */
async function freeListeners(): Promise<readonly string[]> {
  const [listen, admin] = await freePorts(2);
  return ["--listen", `127.0.0.1:${listen}`, "--admin", `127.0.0.1:${admin}`];
}

async function examineServer(upstream: string, ...flags: readonly string[]): Promise<Examination> {
  return examine(["--upstream", upstream, ...(await freeListeners()), ...flags]);
}

async function dualEra(): Promise<string> {
  const server = await startDualEraServer();
  atEnd(server.close);
  return server.url;
}

const ALLOW = JSON.stringify({ version: "1", default: "allow", tools: {} });

describe("tollgate doctor", () => {
  it("finds no fault in a good set-up, and names revision, tools and clock", async () => {
    const policy = temporaryFile("policy.json", ALLOW);
    const { code, ids, findings } = await examineServer(await dualEra(), "--policy", policy);
    expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
    expect(code).toBe(0);
    expect(ids).toEqual([
      "settings-good",
      "policy-good",
      "upstream-reachable",
      "upstream-era",
      "upstream-tools",
      "clock-good",
      "isolation-good",
      "port-free",
      "port-free",
      "scrape-none",
      "store-memory",
      "files-good",
    ]);
    const era = findings.find(({ id }) => id === "upstream-era")?.found;
    expect(era).toMatch(/^Streamable HTTP, revision 2026-07-28 and 20/);
  });

  it("finds each problem of the settings, and exits with 1", async () => {
    const { code, findings } = await examine(["--upstream", "ftp://x", "--mode", "shado"]);
    expect(code).toBe(1);
    expect(findings.map(({ id, found }) => [id, found])).toEqual([
      ["settings-bad", expect.stringContaining("--upstream: must be an http or https URL")],
      ["settings-bad", expect.stringContaining('did you mean "shadow"?')],
    ]);
  });

  it("warns of a missing policy, of shadow mode, and of rules for tools that the server has not", async () => {
    const url = await dualEra();
    expect((await examineServer(url)).ids).toContain("policy-missing");
    const policy = temporaryFile(
      "policy.json",
      JSON.stringify({ version: "1", default: "allow", tools: { nowhere: {} } }),
    );
    const { code, ids } = await examineServer(url, "--policy", policy, "--mode", "shadow");
    expect(ids).toEqual(expect.arrayContaining(["policy-shadow", "policy-unmatched"]));
    expect(code).toBe(0);
  });

  it("finds a policy that cannot be read, or has a problem", async () => {
    const url = await dualEra();
    expect((await examineServer(url, "--policy", "/nowhere.json")).ids).toContain("policy-bad");
    expect((await examineServer(url, "--policy", temporaryFile("p.json", "{}"))).ids).toContain("policy-bad");
  });

  it("finds a server that is down, is no MCP server, or has no tools", async () => {
    const [port] = await freePorts(1);
    expect((await examineServer(`http://127.0.0.1:${port}/mcp`)).ids).toContain("upstream-unreachable");
    const page = await serve((_body, response) => response.end("<html>"));
    expect((await examineServer(page.url)).ids).toContain("upstream-not-mcp");
    const empty = await serve((_body, response) => {
      response.sendDate = false;
      sendJson(response, '{"jsonrpc":"2.0","id":1,"result":{"tools":[],"protocolVersion":"2025-11-25"}}');
    });
    const { ids } = await examineServer(empty.url);
    expect(ids).toEqual(expect.arrayContaining(["upstream-no-tools", "clock-unknown"]));
  });

  it("asks a server of HTTP+SSE nothing", async () => {
    const { url } = await serve();
    expect((await examineServer(url, "--upstream-transport", "sse")).ids).toContain("upstream-unasked");
  });

  it("warns of a server on another machine without TLS", async () => {
    const { url } = await serve();
    const { ids } = await examineServer(url.replace("127.0.0.1", "0.0.0.0"));
    expect(ids).toContain("upstream-unencrypted");
  });

  it("checks the certificate of the server, and its end", async () => {
    const authority = await newAuthority();
    const { cert, key } = await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] });
    const server = createTlsServer({ cert, key }, (_request, response) => response.end()).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    atEnd(() => server.close());
    const address = server.address();
    const url = `https://localhost:${typeof address === "object" ? address?.port : 0}/mcp`;
    expect((await examineServer(url)).ids).toContain("upstream-tls-bad");
    const ca = temporaryFile("ca.pem", authority.cert);
    expect((await examineServer(url, "--upstream-ca", ca)).ids).toContain("upstream-tls-good");
    expect((await examineServer(url, "--upstream-ca", "/nowhere.pem")).ids).toContain("upstream-tls-bad");
    const soon = checkExpiry(new URL(url), 86_400_000, 0);
    expect(soon.level).toBe("warning");
    seen.add(soon.id);
  });

  it("starts a command, and finds one that cannot be started", async () => {
    const { command, args } = stdioServer("dual-era");
    const admin = (await freeListeners()).slice(2);
    expect((await examine([...admin, "--", command, ...args])).ids).toContain("upstream-tools");
    const { code, ids } = await examine([...admin, "--", "no-such-program"]);
    expect([code, ids.includes("upstream-command")]).toEqual([1, true]);
  });

  it("warns of a server that can be reached round Tollgate, which is a fault where isolation is required", async () => {
    const url = await dualEra();
    const exposed = await examine(["--upstream", url, ...(await freeListeners())], "it can be reached");
    expect([exposed.code, exposed.ids.includes("isolation-exposed")]).toEqual([0, true]);
    const required = ["--upstream", url, ...(await freeListeners()), "--require-isolation"];
    expect((await examine(required, "it can be reached")).code).toBe(1);
  });

  it("finds a taken port, and knows that of a sidecar that runs, whose scrape it reads", async () => {
    const url = await dualEra();
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    atEnd(() => holder.close());
    const address = holder.address();
    const taken = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const [, , , admin = ""] = await freeListeners();
    expect((await examine(["--upstream", url, "--listen", taken, "--admin", admin])).ids).toContain(
      "port-taken",
    );
    const open = await startSidecar({ upstream: url });
    const runs = [
      "--upstream",
      url,
      "--listen",
      new URL(open.url).host,
      "--admin",
      new URL(open.adminUrl).host,
    ];
    expect((await examine(runs)).ids).toEqual(expect.arrayContaining(["port-own", "scrape-good"]));
    const closed = await startSidecar({
      upstream: url,
      environment: { TOLLGATE_ADMIN_TOKEN: "a-token-of-32-characters-or-more-x" },
    });
    const guarded = ["--upstream", url, "--listen", "127.0.0.1:0", "--admin", new URL(closed.adminUrl).host];
    expect((await examine(guarded)).ids).toContain("scrape-refused");
  });

  it("asks the store", async () => {
    const url = await dualEra();
    const [port] = await freePorts(1);
    const down = await examineServer(url, "--server", "s", "--limits", `redis://127.0.0.1:${port}`);
    expect([down.code, down.ids.includes("store-down")]).toEqual([1, true]);
    // Answers each command as Redis answers one that has succeeded.
    const redis = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) =>
        socket.write("+OK\r\n".repeat(data.toString().match(/^\*\d/gm)?.length ?? 0)),
      );
    }).listen(0, "127.0.0.1");
    await once(redis, "listening");
    atEnd(() => redis.close());
    const address = redis.address();
    const at = `redis://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    expect((await examineServer(url, "--server", "s", "--limits", at)).ids).toContain("store-good");
  });

  it("compares the clocks", () => {
    const off = checkClock("Mon, 30 Nov 2026 22:00:00 GMT", Date.parse("2026-11-30T22:01:00Z"));
    expect([off.level, off.found]).toEqual([
      "fault",
      "the clocks of this machine and of the server differ by 60 s",
    ]);
    seen.add(off.id);
  });

  it("finds secrets that others read, policies that others write, and logs that cannot be written", async () => {
    const url = await dualEra();
    const policy = temporaryFile("policy.json", ALLOW);
    const token = temporaryFile("token", "a-token-of-32-characters-or-more-x");
    const config = temporaryFile("config.yaml", `admin-token-file: ${token}\n`);
    chmodSync(policy, 0o666);
    chmodSync(token, 0o644);
    const audit = join(temporaryFolder(), "missing", "audit.jsonl");
    const { code, ids } = await examineServer(url, "--policy", policy, "--config", config, "--audit", audit);
    expect(code).toBe(1);
    expect(ids).toEqual(expect.arrayContaining(["file-open", "file-exposed", "file-unusable"]));
  });

  it("prints text with the cure below each fault", async () => {
    const { stdout } = await captureIo((io) =>
      runDoctor(["--upstream", "ftp://x"], {
        ...io,
        environment: {},
        describeIsolation: async () => undefined,
      }),
    );
    expect(stdout).toMatch(
      /^FAULT +settings +--upstream: .*\n +-> correct this setting; .*\n1 fault, 0 warnings\n$/,
    );
  });

  it.each([
    [["--formt", "json"], "tollgate doctor: unknown option `--formt`, did you mean `--format`?"],
    [["--format", "xml"], 'tollgate doctor: --format: must be text or json, got "xml"'],
  ])("exits with 2 for %j", async (argv, problem) => {
    const { code, stderr } = await captureIo((io) =>
      runDoctor(argv, { ...io, environment: {}, describeIsolation: async () => undefined }),
    );
    expect([code, stderr.split("\n")[0]]).toEqual([2, problem]);
  });

  it("has the JSON form that scripts read", async () => {
    const { stdout } = await captureIo((io) =>
      runDoctor(["--format", "json"], { ...io, environment: {}, describeIsolation: async () => undefined }),
    );
    expect(JSON.parse(stdout)).toEqual({
      faults: 1,
      warnings: 0,
      findings: [
        {
          id: "settings-bad",
          area: "settings",
          level: "fault",
          found: expect.stringContaining("--upstream: is missing"),
          fix: FINDINGS["settings-bad"].fix,
        },
      ],
    });
  });

  afterAll(() => {
    expect([...seen].toSorted()).toEqual(Object.keys(FINDINGS).toSorted());
  });
});

describe("progress", () => {
  it("writes nothing where stderr is no terminal", async () => {
    const { stderr } = await captureIo((io) =>
      withProgress(
        io.stderr,
        () => "working",
        () => 0,
      ),
    );
    expect(stderr).toBe("");
  });
});
